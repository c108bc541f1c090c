#include "tests/model/model.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace hither::model {
namespace {

bool IsAtOrBelow(const Labels& name, const Labels& ancestor) {
  return name.compare(0, ancestor.size(), ancestor) == 0;
}

class Walk {
 public:
  Walk(const Zone& zone, RrType qtype) : zone_(zone), qtype_(qtype) {}

  Answer Run(Labels qname) {
    answer_.rcode = "NOERROR";
    answer_.authoritative = true;
    std::vector<Labels> passed;
    for (int hop = 0; hop <= kHopsMax; ++hop) {
      const std::optional<Labels> next = Step(qname);
      if (!next.has_value() || hop == kHopsMax) break;
      passed.push_back(qname);
      // What another zone says is not ours to say, and a loop says nothing new.
      if (!IsAtOrBelow(*next, zone_.apex)) break;
      if (std::find(passed.begin(), passed.end(), *next) != passed.end()) break;
      qname = *next;
    }
    for (std::vector<Record>& section : answer_.sections) {  // As sets.
      std::sort(section.begin(), section.end());
      section.erase(std::unique(section.begin(), section.end()), section.end());
    }
    return answer_;
  }

 private:
  // RFC 1034 §4.3.2 step 3: down, label by label. Gives the name where step 1 begins again.
  std::optional<Labels> Step(const Labels& qname) {
    for (size_t depth = zone_.apex.size(); depth <= qname.size(); ++depth) {
      const Labels at = qname.substr(0, depth);
      const bool is_qname = depth == qname.size();
      if (!Exists(at)) return AskWildcard(qname, depth - 1);  // 3c.
      // 3b; RFC 4035 §3.1.4.1: the parent's side has the DS.
      const bool is_cut = at != zone_.apex && Has(at, RrType::kNs);
      if (is_cut && !(is_qname && qtype_ == RrType::kDs)) return Refer(at);
      if (is_qname) return AskNode(at, qname);                    // 3a.
      if (Has(at, RrType::kDname)) return Substitute(at, qname);  // RFC 6672 §3.2 step 3c.
    }
    return std::nullopt;
  }

  // RFC 4592 §2.2.2: a name exists if it or a name below it has records.
  bool Exists(const Labels& name) const {
    return std::any_of(zone_.records.begin(), zone_.records.end(),
                       [&](const Record& record) { return IsAtOrBelow(record.owner, name); });
  }

  std::vector<Record> At(const Labels& owner, std::optional<RrType> type) const {
    std::vector<Record> found;
    for (const Record& record : zone_.records) {
      if (record.owner == owner && (!type.has_value() || record.type == *type)) {
        found.push_back(record);
      }
    }
    return found;
  }
  bool Has(const Labels& owner, RrType type) const { return !At(owner, type).empty(); }

  std::optional<Labels> AskWildcard(const Labels& qname, size_t encloser_labels) {
    const Labels star = qname.substr(0, encloser_labels) + "*";
    if (Exists(star)) return AskNode(star, qname);
    answer_.rcode = "NXDOMAIN";
    AddSoa();
    return std::nullopt;
  }

  // The records of `node`, told as those of `qname`.
  std::optional<Labels> AskNode(const Labels& node, const Labels& qname) {
    const bool any = qtype_ == RrType::kAny;
    const std::vector<Record> found = At(node, any ? std::nullopt : std::make_optional(qtype_));
    for (Record record : found) {
      record.owner = qname;
      answer_.sections[0].push_back(record);
      if (record.type == RrType::kNs && !any) AddAddresses(record.target);
    }
    if (!found.empty()) return std::nullopt;
    for (Record alias : At(node, RrType::kCname)) {
      alias.owner = qname;
      answer_.sections[0].push_back(alias);
      return alias.target;
    }
    AddSoa();
    return std::nullopt;
  }

  std::optional<Labels> Refer(const Labels& cut) {
    answer_.authoritative = !answer_.sections[0].empty();
    for (const Record& ns : At(cut, RrType::kNs)) {
      answer_.sections[1].push_back(ns);
      AddAddresses(ns.target);
    }
    return std::nullopt;
  }

  std::optional<Labels> Substitute(const Labels& at, const Labels& qname) {
    const Record dname = At(at, RrType::kDname).front();
    answer_.sections[0].push_back(dname);
    const Labels renamed = dname.target + qname.substr(at.size());
    answer_.sections[0].push_back({qname, RrType::kCname, renamed, ""});
    // The CNAME itself answers these; and a name that only grows is not followed.
    if (qtype_ == RrType::kCname || qtype_ == RrType::kAny) return std::nullopt;
    if (IsAtOrBelow(dname.target, at)) return std::nullopt;
    return renamed;
  }

  void AddAddresses(const Labels& target) {
    for (const Record& address : At(target, RrType::kA)) answer_.sections[2].push_back(address);
  }
  void AddSoa() {
    for (const Record& soa : At(zone_.apex, RrType::kSoa)) answer_.sections[1].push_back(soa);
  }

  const Zone& zone_;
  const RrType qtype_;
  Answer answer_;
};

}  // namespace

Answer Ask(const Zone& zone, const Labels& qname, RrType qtype) {
  return Walk(zone, qtype).Run(qname);
}

std::string NameToText(const Labels& name) {
  std::string text;
  for (auto label = name.rbegin(); label != name.rend(); ++label)
    absl::StrAppend(&text, std::string(1, *label), ".");
  return text.empty() ? "." : text;
}

std::string ToText(const Record& record) {
  return absl::StrCat(NameToText(record.owner), " ", TypeToText(record.type), " ",
                      record.target.empty() ? record.data : NameToText(record.target));
}

std::string ToText(const Answer& answer) {
  std::string text = absl::StrCat(answer.rcode, answer.authoritative ? " aa" : "");
  for (const auto& section : answer.sections) {
    text += " |";
    for (const Record& record : section) absl::StrAppend(&text, " ", ToText(record), ",");
  }
  return text;
}

std::string ToText(const Zone& zone) {
  std::string text;
  for (const Record& record : zone.records) absl::StrAppend(&text, ToText(record), "\n");
  return text;
}

}  // namespace hither::model
