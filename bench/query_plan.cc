#include "bench/query_plan.h"

#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {
namespace {

constexpr size_t kQueriesMax = 32'000'000;  // Some 2 GB; longer files are most likely a mistake.
constexpr size_t kHeaderBytes = 12;
constexpr size_t kOptBytes = 11;
constexpr size_t kQueryBytesMax = kHeaderBytes + kNameBytesMax + 4 + kOptBytes;
constexpr size_t kFileBytesMax = size_t{4} << 30;

void Append(Bytes& out, std::initializer_list<unsigned> octets) {
  for (const unsigned octet : octets) out.push_back(static_cast<uint8_t>(octet));
}

Bytes Encode(NameView name, RrType type, const QueryPlanOptions& options) {
  const auto type_code = static_cast<unsigned>(type);
  const bool edns = options.edns || options.dnssec_ok;
  Bytes query;
  query.reserve(kQueryBytesMax);
  // ID, flags (none: not even RD, which an authoritative server would copy), one question.
  Append(query, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1u : 0u});
  query.insert(query.end(), name.wire().begin(), name.wire().end());
  Append(query, {type_code >> 8, type_code & 0xff, 0, 1});
  if (edns) {  // RFC 6891 §6.1.2; DO is the first flag of the TTL's lower half (RFC 3225 §3).
    const unsigned payload = options.payload_bytes;
    Append(query,
           {0, 0, 41, payload >> 8, payload & 0xff, 0, 0, options.dnssec_ok ? 0x80u : 0u, 0, 0, 0});
  }
  return query;
}

// Gathers queries by length until a group is full.
class Grouper {
 public:
  Grouper(size_t group_max, QueryPlan& plan) : group_max_(group_max), plan_(plan) {}

  void Add(const Bytes& query) {
    Bytes& waiting = waiting_[query.size()];
    waiting.insert(waiting.end(), query.begin(), query.end());
    ++plan_.query_count;
    if (waiting.size() / query.size() >= group_max_) Close(query.size());
  }

  void CloseAll() {
    for (size_t size = kHeaderBytes; size < waiting_.size(); ++size) {
      if (!waiting_[size].empty()) Close(size);
    }
  }

 private:
  void Close(size_t query_bytes) {
    Bytes& full = waiting_[query_bytes];
    plan_.groups.push_back({plan_.octets.size(), static_cast<uint16_t>(query_bytes),
                            static_cast<uint16_t>(full.size() / query_bytes)});
    plan_.octets.insert(plan_.octets.end(), full.begin(), full.end());
    full.clear();
  }

  const size_t group_max_;
  QueryPlan& plan_;
  std::array<Bytes, kQueryBytesMax + 1> waiting_;
};

absl::StatusOr<Bytes> EncodeLine(absl::string_view line, const QueryPlanOptions& options) {
  const size_t blank = line.find_first_of(" \t");
  if (blank == absl::string_view::npos) return absl::InvalidArgumentError("no type given");
  const auto name = Name::FromText(line.substr(0, blank));
  if (!name.ok()) return name.status();
  const absl::string_view rest = absl::StripAsciiWhitespace(line.substr(blank));
  const std::optional<RrType> type = TypeFromText(rest);
  if (!type) return absl::InvalidArgumentError(absl::StrCat("'", rest, "' is not a type"));
  return Encode(*name, *type, options);
}

}  // namespace

absl::StatusOr<QueryPlan> PlanQueries(absl::string_view text, const QueryPlanOptions& options) {
  QueryPlan plan;
  Grouper grouper(options.group_max, plan);
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const absl::string_view line = absl::StripAsciiWhitespace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line[0] == ';' || line[0] == '#') continue;
    if (plan.query_count == kQueriesMax) {
      return absl::InvalidArgumentError(absl::StrCat("over ", kQueriesMax, " queries"));
    }
    const auto query = EncodeLine(line, options);
    if (!query.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", query.status().message()));
    }
    grouper.Add(*query);
  }
  grouper.CloseAll();
  if (plan.query_count == 0) return absl::InvalidArgumentError("no queries");
  return plan;
}

absl::StatusOr<QueryPlan> ReadQueryPlan(const std::string& path, const QueryPlanOptions& options) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  const auto size = static_cast<size_t>(std::max<std::streamoff>(in.tellg(), 0));
  if (size > kFileBytesMax) return absl::InvalidArgumentError(absl::StrCat(path, ": over 4 GiB"));
  std::string text(size, '\0');
  in.seekg(0);
  if (!in.read(text.data(), static_cast<std::streamsize>(size))) {
    return absl::DataLossError(absl::StrCat(path, ": cannot be read"));
  }
  auto plan = PlanQueries(text, options);
  if (plan.ok()) return plan;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", plan.status().message()));
}

}  // namespace hither
