#include "server/answer/counters.h"

namespace hither {
namespace {

constexpr absl::string_view kQueries = "hither_queries_total";
constexpr absl::string_view kAnswers = "hither_answers_total";
constexpr absl::string_view kAnswerKinds = "hither_answer_kinds_total";
constexpr absl::string_view kEdns = "hither_edns_total";
constexpr absl::string_view kDropped = "hither_dropped_total";
constexpr absl::string_view kErrors = "hither_udp_errors_total";
constexpr absl::string_view kSendFaults = "hither_udp_send_faults_total";
constexpr absl::string_view kTcp = "hither_tcp_connections_total";

constexpr absl::string_view kQueriesHelp = "Messages received that were not dropped.";
constexpr absl::string_view kAnswersHelp = "Answers by RCODE.";
constexpr absl::string_view kKindsHelp =
    "Answers by kind; an answer may be of several kinds or none.";
constexpr absl::string_view kEdnsHelp =
    "Queries with EDNS, with the DO flag, with an NSID request.";
constexpr absl::string_view kDroppedHelp = "Messages that got no answer.";
constexpr absl::string_view kErrorsHelp = "Failed system calls on UDP sockets.";
constexpr absl::string_view kSendFaultsHelp =
    "UDP answers not sent because of a fault of this host, not of the client's address.";
constexpr absl::string_view kTcpHelp = "TCP connections by event.";

// In the order of Counter.
constexpr CounterText kTexts[] = {
    {kQueries, R"(transport="udp")", kQueriesHelp},
    {kQueries, R"(transport="tcp")", kQueriesHelp},
    {kAnswers, R"(rcode="NOERROR")", kAnswersHelp},
    {kAnswers, R"(rcode="FORMERR")", kAnswersHelp},
    {kAnswers, R"(rcode="SERVFAIL")", kAnswersHelp},
    {kAnswers, R"(rcode="NXDOMAIN")", kAnswersHelp},
    {kAnswers, R"(rcode="NOTIMP")", kAnswersHelp},
    {kAnswers, R"(rcode="REFUSED")", kAnswersHelp},
    {kAnswers, R"(rcode="YXDOMAIN")", kAnswersHelp},
    {kAnswers, R"(rcode="NOTAUTH")", kAnswersHelp},
    {kAnswers, R"(rcode="BADVERS")", kAnswersHelp},
    {kAnswerKinds, R"(kind="referral")", kKindsHelp},
    {kAnswerKinds, R"(kind="nodata")", kKindsHelp},
    {kAnswerKinds, R"(kind="truncated")", kKindsHelp},
    {kEdns, R"(has="edns")", kEdnsHelp},
    {kEdns, R"(has="do")", kEdnsHelp},
    {kEdns, R"(has="nsid")", kEdnsHelp},
    {kDropped, R"(reason="short")", kDroppedHelp},
    {kDropped, R"(reason="response")", kDroppedHelp},
    {kErrors, R"(call="send")", kErrorsHelp},
    {kErrors, R"(call="receive")", kErrorsHelp},
    {kSendFaults, "", kSendFaultsHelp},
    {kTcp, R"(event="accepted")", kTcpHelp},
    {kTcp, R"(event="refused")", kTcpHelp},
    {kTcp, R"(event="idle_closed")", kTcpHelp},
    {kTcp, R"(event="limit_closed")", kTcpHelp},
};
static_assert(sizeof(kTexts) / sizeof(kTexts[0]) == kCounterCount);

}  // namespace

const CounterText& TextOf(Counter which) { return kTexts[static_cast<size_t>(which)]; }

}  // namespace hither
