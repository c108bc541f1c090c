#include "dns/name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace hither {

size_t NameView::label_count() const {
  size_t count = 0;
  for (const uint8_t* at = data_; *at != 0; at += 1 + *at) ++count;
  return count;
}

NameView NameView::Parent() const {
  if (IsRoot()) return *this;
  const size_t skip = 1u + data_[0];
  return NameView(ByteView(data_ + skip, size_ - skip));
}

NameView NameView::Suffix(size_t labels) const {
  NameView name = *this;
  for (size_t have = label_count(); have > labels; --have) name = name.Parent();
  return name;
}

bool NameView::EqualsIgnoreCase(NameView other) const {
  if (size_ != other.size_) return false;
  // Length octets are below 64 and so never letters: one pass serves labels and lengths. Most names
  // match exactly or not at all.
  const auto equal8 = [](const uint8_t* a, const uint8_t* b) {
    uint64_t one;
    uint64_t two;
    std::memcpy(&one, a, sizeof(one));
    std::memcpy(&two, b, sizeof(two));
    return one == two || ToLowerOctets(one) == ToLowerOctets(two);
  };
  size_t i = 0;
  for (; i + 8 <= size_; i += 8) {
    if (!equal8(data_ + i, other.data_ + i)) return false;
  }
  if (i == size_) return true;
  if (size_ >= 8) return equal8(data_ + size_ - 8, other.data_ + size_ - 8);  // Some twice.
  for (; i < size_; ++i) {
    if (ToLowerOctet(data_[i]) != ToLowerOctet(other.data_[i])) return false;
  }
  return true;
}

bool NameView::IsAtOrBelow(NameView ancestor) const {
  NameView name = *this;
  while (name.size() > ancestor.size()) name = name.Parent();
  return name.EqualsIgnoreCase(ancestor);
}

std::string NameView::ToText() const {
  if (IsRoot()) return ".";
  std::string text;
  for (NameView rest = *this; !rest.IsRoot(); rest = rest.Parent()) {
    for (const uint8_t octet : rest.first_label()) {
      if (octet <= 0x20 || octet >= 0x7f) {
        absl::StrAppend(&text, "\\", absl::Dec(octet, absl::kZeroPad3));
      } else {
        if (absl::string_view("\".;()@$\\").find(static_cast<char>(octet)) !=
            absl::string_view::npos) {
          text += '\\';
        }
        text += static_cast<char>(octet);
      }
    }
    text += '.';
  }
  return text;
}

int CompareCanonical(NameView a, NameView b) {
  // Where each label starts, so that they can be read from the last.
  uint8_t starts_a[kNameLabelsMax + 1];
  uint8_t starts_b[kNameLabelsMax + 1];
  const auto split = [](NameView name, uint8_t* starts) {
    size_t count = 0;
    for (size_t at = 0; name.data()[at] != 0; at += 1u + name.data()[at]) {
      starts[count++] = static_cast<uint8_t>(at);
    }
    return count;
  };
  size_t left_a = split(a, starts_a);
  size_t left_b = split(b, starts_b);
  while (left_a > 0 && left_b > 0) {
    const uint8_t* label_a = a.data() + starts_a[--left_a];
    const uint8_t* label_b = b.data() + starts_b[--left_b];
    const size_t common = std::min(*label_a, *label_b);
    for (size_t i = 1; i <= common; ++i) {
      const int difference = ToLowerOctet(label_a[i]) - ToLowerOctet(label_b[i]);
      if (difference != 0) return difference;
    }
    if (*label_a != *label_b) return *label_a - *label_b;
  }
  return static_cast<int>(left_a) - static_cast<int>(left_b);
}

absl::StatusOr<Name> Name::FromWire(ByteView wire) {
  const NameScan scan = ScanName(wire);
  switch (scan.end) {
    case NameEnd::kRoot:
      return Name(NameView(wire.first(scan.bytes)));
    case NameEnd::kPointer:
    case NameEnd::kBadLabel:
      return absl::InvalidArgumentError("label over 63 octets");
    case NameEnd::kTooLong:
      return absl::InvalidArgumentError("name over 255 octets");
    case NameEnd::kEarly:
      break;
  }
  return absl::InvalidArgumentError("name ends early");
}

namespace {

// Reads \X or \DDD at text[i]; moves i to its last character. RFC 1035 §5.1.
bool Unescape(absl::string_view text, size_t& i, uint8_t& octet) {
  if (i + 1 >= text.size()) return false;
  if (!absl::ascii_isdigit(text[i + 1])) {
    octet = static_cast<uint8_t>(text[++i]);
    return true;
  }
  if (i + 3 >= text.size() || !absl::ascii_isdigit(text[i + 2]) ||
      !absl::ascii_isdigit(text[i + 3]))
    return false;
  const int value = (text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 + (text[i + 3] - '0');
  i += 3;
  octet = static_cast<uint8_t>(value);
  return value <= 255;
}

}  // namespace

absl::StatusOr<Name> Name::FromText(absl::string_view text, NameView origin) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a domain name: ", why));
  };
  if (text.empty()) return wrong("it is empty");
  if (text == ".") return Name();
  Name name;
  size_t label_at = 0;  // Where the current label's length octet goes.
  size_t end = 1;       // Where its next octet goes.
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t octet = static_cast<uint8_t>(text[i]);
    if (octet == '.') {
      if (end == label_at + 1) return wrong("it has an empty label");
      name.octets_[label_at] = static_cast<uint8_t>(end - label_at - 1);
      label_at = end++;
      continue;
    }
    if (octet == '\\' && !Unescape(text, i, octet)) return wrong("bad escape; use \\X or \\DDD");
    if (end - label_at > kLabelBytesMax) return wrong("a label is over 63 octets");
    if (end >= kNameBytesMax) return wrong("it is over 255 octets");
    name.octets_[end++] = octet;
  }
  const bool absolute = end == label_at + 1;
  if (absolute) {
    if (end > kNameBytesMax) return wrong("it is over 255 octets");
    name.octets_[label_at] = 0;
    name.size_ = static_cast<uint8_t>(end);
    return name;
  }
  name.octets_[label_at] = static_cast<uint8_t>(end - label_at - 1);
  if (end + origin.size() > kNameBytesMax) return wrong("with its origin it is over 255 octets");
  std::memcpy(name.octets_ + end, origin.data(), origin.size());
  name.size_ = static_cast<uint8_t>(end + origin.size());
  return name;
}

bool Name::Prepend(ByteView label) {
  if (label.empty() || label.size() > kLabelBytesMax) return false;
  if (size_ + label.size() + 1 > kNameBytesMax) return false;
  std::memmove(octets_ + label.size() + 1, octets_, size_);
  octets_[0] = static_cast<uint8_t>(label.size());
  std::memcpy(octets_ + 1, label.data(), label.size());
  size_ = static_cast<uint8_t>(size_ + label.size() + 1);
  return true;
}

bool Name::ReplaceSuffix(NameView name, size_t suffix_labels, NameView suffix, Name& out) {
  const size_t kept = name.size() - name.Suffix(suffix_labels).size();
  if (kept + suffix.size() > kNameBytesMax) return false;
  Name result;
  std::memcpy(result.octets_, name.data(), kept);
  std::memcpy(result.octets_ + kept, suffix.data(), suffix.size());
  result.size_ = static_cast<uint8_t>(kept + suffix.size());
  out = result;
  return true;
}

}  // namespace hither
