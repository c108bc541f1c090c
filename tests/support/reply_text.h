#ifndef HITHER_TESTS_SUPPORT_REPLY_TEXT_H_
#define HITHER_TESTS_SUPPORT_REPLY_TEXT_H_

#include <string>

#include "base/bytes.h"

namespace hither {

// A whole reply as one line, read by ldns, so that what must not be there shows, too:
//
//   NOERROR aa tc | answer ; authority ; additional | edns 1232 do nsid=fra1 ede=20
//
// Records stand in a section as "owner TTL TYPE rdata", parted by ", ". Those of the answer keep
// their order; those of the other sections, whose order means nothing, are sorted. Empty sections
// at the end are left out. For brevity:
//   - an SOA in the authority section is "owner TTL SOA";
//   - RRSIGs are "owner TTL RRSIG covered", or, where owner and TTL are those of the RRset they
//     cover, just a "+" behind each of its records' TYPE;
//   - the question shows only if it is not the query's: "question=none" or "question=other".
// A TSIG comes last: "| tsig key. algorithm. id=4660 error=17". No reply at all is "(none)"; one
// that is malformed says what is wrong with it.
std::string ReplyToText(ByteView reply, ByteView query);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_REPLY_TEXT_H_
