// The text of LOC records (RFC 1876 §3).

#include <algorithm>

#include "zones/text/rdata_forms.h"

namespace hither {
namespace {

constexpr Complaint kEndsEarly = "ends the record too early";
constexpr uint32_t kDegree = 3'600'000;  // Thousandths of a second of arc.
constexpr uint32_t kMinute = 60'000;
constexpr uint32_t kZeroDegrees = 1u << 31;              // The equator and the prime meridian.
constexpr uint32_t kZeroCentimetres = 100'000'00;        // The reference is 100,000 m lower.
constexpr uint64_t kSizeMax = 90'000'000'00;             // 9e9 cm: a digit and a power of ten.
constexpr uint64_t kAltitudeMax = 42'849'672'95;         // The rest of 32 bits.
constexpr uint8_t kDefaultSizes[] = {0x12, 0x16, 0x13};  // 1 m, 10,000 m, 10 m.

// A decimal number in units of its last possible place: "3.2" of two places is 320. As in the
// code of RFC 1876 §A, one side of the point may be empty, but not both.
bool ParseDecimal(absl::string_view text, size_t places, uint64_t max, uint64_t& value) {
  const size_t point = std::min(text.find('.'), text.size());
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view part = text.substr(std::min(point + 1, text.size()));
  uint64_t sum = 0;
  uint64_t last = 0;
  if (whole.empty() && part.empty()) return false;
  if (!whole.empty() && !ParseNumber(whole, UINT32_MAX, sum)) return false;
  if (part.size() > places || (!part.empty() && !ParseNumber(part, UINT32_MAX, last))) return false;
  for (size_t i = 0; i < places; ++i) sum *= 10;
  for (size_t i = part.size(); i < places; ++i) last *= 10;
  value = sum + last;
  return value <= max;
}

absl::string_view WithoutMetres(absl::string_view text) {
  if (!text.empty() && (text.back() == 'm' || text.back() == 'M')) text.remove_suffix(1);
  return text;
}

// Latitude or longitude.
struct Axis {
  char positive, negative;  // In lower case, as all letters may be.
  uint32_t degrees_max;
  Complaint no_degrees, no_minutes, no_seconds, no_direction, too_far;
};
constexpr Axis kLatitude = {
    'n',
    's',
    90,
    "is not a latitude in whole degrees from 0 to 90",
    "is not a latitude's minutes from 0 to 59, nor N or S",
    "is not a latitude's seconds from 0 to 59.999, nor N or S",
    "is not a direction; a latitude ends in N or S",
    "is the end of a latitude of over 90 degrees",
};
constexpr Axis kLongitude = {
    'e',
    'w',
    180,
    "is not a longitude in whole degrees from 0 to 180",
    "is not a longitude's minutes from 0 to 59, nor E or W",
    "is not a longitude's seconds from 0 to 59.999, nor E or W",
    "is not a direction; a longitude ends in E or W",
    "is the end of a longitude of over 180 degrees",
};

bool IsDirection(const Axis& axis, absl::string_view text) {
  return text.size() == 1 &&
         ((text[0] | 0x20) == axis.positive || (text[0] | 0x20) == axis.negative);
}

// The tokens one by one; the last one taken is to blame.
class Cursor {
 public:
  Cursor(std::span<const Token> tokens, const Token*& last) : rest_(tokens), last_(last) {}
  bool AtEnd() const { return rest_.empty(); }
  absl::string_view Next() {  // Not AtEnd().
    last_ = &rest_[0];
    rest_ = rest_.subspan(1);
    return last_->text();
  }

 private:
  std::span<const Token> rest_;
  const Token*& last_;
};

// Degrees, then perhaps minutes, then perhaps seconds, then the direction.
Complaint ReadAngle(const Axis& axis, Cursor& in, uint32_t& wire) {
  uint64_t degrees = 0, minutes = 0, seconds = 0;
  if (in.AtEnd()) return kEndsEarly;
  if (!ParseNumber(in.Next(), axis.degrees_max, degrees)) return axis.no_degrees;
  if (in.AtEnd()) return kEndsEarly;
  absl::string_view text = in.Next();
  if (!IsDirection(axis, text)) {
    if (!ParseNumber(text, 59, minutes)) return axis.no_minutes;
    if (in.AtEnd()) return kEndsEarly;
    text = in.Next();
  }
  if (!IsDirection(axis, text)) {
    if (!ParseDecimal(text, 3, kMinute - 1, seconds)) return axis.no_seconds;
    if (in.AtEnd()) return kEndsEarly;
    text = in.Next();
  }
  if (!IsDirection(axis, text)) return axis.no_direction;
  const auto angle = static_cast<uint32_t>(degrees * kDegree + minutes * kMinute + seconds);
  if (angle > axis.degrees_max * kDegree) return axis.too_far;
  wire = (text[0] | 0x20) == axis.positive ? kZeroDegrees + angle : kZeroDegrees - angle;
  return nullptr;
}

Complaint ReadAltitude(Cursor& in, uint32_t& wire) {
  if (in.AtEnd()) return kEndsEarly;
  absl::string_view text = WithoutMetres(in.Next());
  const bool below = !text.empty() && text[0] == '-';
  if (below) text.remove_prefix(1);
  uint64_t centimetres = 0;
  if (!ParseDecimal(text, 2, below ? kZeroCentimetres : kAltitudeMax, centimetres)) {
    return "is not an altitude in metres from -100000.00 to 42849672.95";
  }
  const auto distance = static_cast<uint32_t>(centimetres);
  wire = below ? kZeroCentimetres - distance : kZeroCentimetres + distance;
  return nullptr;
}

// RFC 1876 §2: the first digit and the number of following ones, whose values are lost.
uint8_t SizeToWire(uint64_t centimetres) {
  uint8_t power = 0;
  for (; centimetres > 9; centimetres /= 10) ++power;
  return static_cast<uint8_t>(centimetres << 4 | power);
}

}  // namespace

Complaint ReadLoc(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed) {
  Cursor in(tokens, blamed);
  uint32_t latitude = 0, longitude = 0, altitude = 0;
  if (const Complaint wrong = ReadAngle(kLatitude, in, latitude)) return wrong;
  if (const Complaint wrong = ReadAngle(kLongitude, in, longitude)) return wrong;
  if (const Complaint wrong = ReadAltitude(in, altitude)) return wrong;
  out.U8(0);  // The version.
  for (const uint8_t size : kDefaultSizes) {
    uint64_t centimetres = 0;
    if (in.AtEnd()) {
      out.U8(size);
    } else if (ParseDecimal(WithoutMetres(in.Next()), 2, kSizeMax, centimetres)) {
      out.U8(SizeToWire(centimetres));
    } else {
      return "is not a size or precision in metres from 0 to 90000000.00";
    }
  }
  out.U32(latitude);
  out.U32(longitude);
  out.U32(altitude);
  if (in.AtEnd()) return nullptr;
  in.Next();
  return "is one field too many";
}

}  // namespace hither
