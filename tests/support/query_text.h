#ifndef HITHER_TESTS_SUPPORT_QUERY_TEXT_H_
#define HITHER_TESTS_SUPPORT_QUERY_TEXT_H_

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "server/answer/responder.h"

namespace hither {

struct TestQuery {
  Bytes message;
  TransportFacts facts;
};

// A query as one line, much like dig's: "host3.example. MX +do +tcp bufsize=1232". After the name
// and the type may stand, in any order:
//
//   +tcp                     over TCP; otherwise over UDP
//   +rd +cd +ad +ra +aa +tc +z   the header's flags
//   class=CH opcode=NOTIFY (or a number) id=1
//   +edns +do bufsize=N version=N   an OPT; with any of these or of the options:
//   +nsid +keepalive +zoneversion opt=CODE or opt=CODE:HEX
TestQuery QueryFromText(absl::string_view text);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_QUERY_TEXT_H_
