#include "server/answer/chaos.h"

#include "base/bytes.h"

namespace hither {
namespace {

NameView Wire(absl::string_view octets) { return NameView(AsBytes(octets)); }

}  // namespace

Rcode AnswerChaos(const Query& query, absl::string_view identity, absl::string_view version,
                  ResponseWriter& reply) {
  static constexpr char kIdServer[] =
      "\x02"
      "id"
      "\x06"
      "server";
  static constexpr char kHostnameBind[] =
      "\x08"
      "hostname"
      "\x04"
      "bind";
  static constexpr char kVersionServer[] =
      "\x07"
      "version"
      "\x06"
      "server";
  static constexpr char kVersionBind[] =
      "\x07"
      "version"
      "\x04"
      "bind";
  const auto is = [&](const char* octets, size_t size) {  // The literal's final 0 is the root.
    return query.name.EqualsIgnoreCase(Wire(absl::string_view(octets, size)));
  };
  absl::string_view text;
  if (is(kIdServer, sizeof(kIdServer)) || is(kHostnameBind, sizeof(kHostnameBind))) {
    text = identity;
  } else if (is(kVersionServer, sizeof(kVersionServer)) || is(kVersionBind, sizeof(kVersionBind))) {
    text = version;
  }
  if (text.empty()) return Rcode::kRefused;
  reply.SetAuthoritative(true);
  if (query.type == RrType::kTxt || query.type == RrType::kAny) {
    if (!reply.AddText(RrClass::kChaos, AsBytes(text))) reply.Truncate();
  }
  return Rcode::kNoError;
}

}  // namespace hither
