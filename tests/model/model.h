#ifndef HITHER_TESTS_MODEL_MODEL_H_
#define HITHER_TESTS_MODEL_MODEL_H_

#include <array>
#include <string>
#include <vector>

#include "dns/rr_type.h"

namespace hither::model {

// A name server as one would write it with RFC 1034 open on the table: a flat list of records, and
// for each step a walk over all of it. Slow, and without any code of zones/ or server/, so that the
// two can judge each other.

// Labels from the root down, each of one character: "zab" is b.a.z.
using Labels = std::string;

struct Record {
  Labels owner;
  RrType type;
  Labels target;     // Of NS, CNAME and DNAME.
  std::string data;  // Of all others.
  friend auto operator<=>(const Record&, const Record&) = default;
};

struct Zone {
  Labels apex;
  std::vector<Record> records;
};

struct Answer {
  std::string rcode;  // "NOERROR", "NXDOMAIN"
  bool authoritative = false;
  // Answer, authority, additional; each sorted. To ANY, all RRsets of the name, and one is
  // enough (RFC 8482 §4.1).
  std::array<std::vector<Record>, 3> sections;
};

// At most so many aliases are followed.
inline constexpr int kHopsMax = 16;

Answer Ask(const Zone& zone, const Labels& qname, RrType qtype);

std::string NameToText(const Labels& name);
std::string ToText(const Record& record);
std::string ToText(const Answer& answer);
std::string ToText(const Zone& zone);

}  // namespace hither::model

#endif  // HITHER_TESTS_MODEL_MODEL_H_
