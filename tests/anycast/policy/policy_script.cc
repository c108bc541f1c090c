#include "tests/anycast/policy/policy_script.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hither {
namespace {

const absl::Time kZero = absl::FromUnixSeconds(1000000);

struct SignalWord {
  absl::string_view word;
  Signal signal;
};

const std::vector<SignalWord>& SignalWords() {
  static const std::vector<SignalWord> kWords = {
      {"ok", {"probe", Scope::kLocal, Level::kOk, Families::kBoth, false, ""}},
      {"dead", {"responder", Scope::kLocal, Level::kHard, Families::kBoth, true, "dead"}},
      {"hard", {"probe", Scope::kLocal, Level::kHard, Families::kBoth, false, "SERVFAIL"}},
      {"hard4", {"probe", Scope::kLocal, Level::kHard, Families::kIpv4, false, "SERVFAIL"}},
      {"hard6", {"probe", Scope::kLocal, Level::kHard, Families::kIpv6, false, "SERVFAIL"}},
      {"path", {"outside-in", Scope::kPath, Level::kHard, Families::kBoth, false, "lost"}},
      {"shared", {"zone", Scope::kShared, Level::kHard, Families::kBoth, false, "expired"}},
      {"soft", {"worker 3", Scope::kLocal, Level::kSoft, Families::kBoth, false, "stuck"}},
      {"soft4", {"drops", Scope::kLocal, Level::kSoft, Families::kIpv4, false, "7 %"}},
      {"stale", {"zone", Scope::kShared, Level::kSoft, Families::kBoth, false, "stale"}},
      {"unknown", {"probe", Scope::kLocal, Level::kUnknown, Families::kBoth, false, "?"}},
      {"unknown-shared", {"zone", Scope::kShared, Level::kUnknown, Families::kBoth, false, "?"}},
  };
  return kWords;
}

[[noreturn]] void BadScript(absl::string_view what) {
  std::fprintf(stderr, "no such word in a script: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

// Two services that answer, and what the word says beside them.
bool SetSignals(absl::string_view word, Facts& facts) {
  const Signal ok{"responder", Scope::kLocal, Level::kOk, Families::kBoth, false, ""};
  if (word == "silent") {
    facts.signals.clear();
    return true;
  }
  for (const SignalWord& known : SignalWords()) {
    if (known.word == word) return facts.signals = {ok, known.signal}, true;
  }
  return false;
}

bool SetFleet(absl::string_view word, Facts& facts) {
  FleetView view{true, true, 3, 0, 2, true, false, 1};
  if (word == "no-peers") {
    view = {};
  } else if (word == "alone") {
    view.others_withdrawn = 2;
    view.others_announcing = 0;
  } else if (word == "full") {
    view.others_withdrawn = view.others_announcing = 1;
  } else if (word == "unsettled" || word == "yielded") {
    view.settled = false;
    view.yielded = word == "yielded";
  } else if (word == "blind") {
    view.is_known = false;
  } else if (word != "peers") {
    return false;
  }
  facts.fleet_ipv4 = facts.fleet_ipv6 = view;
  return true;
}

bool SetIntent(absl::string_view word, absl::Time now, Facts& facts) {
  double seconds = 0;
  if (word == "drain" || word == "undrain") {
    facts.intent.drain = word == "drain";
    facts.intent.drain_since = facts.intent.drain ? now : absl::InfiniteFuture();
    if (!facts.intent.drain) facts.intent.forgiven_at = now;
  } else if (word == "busy" || word == "quiet") {
    facts.queries_per_second = word == "busy" ? 5000 : 0.5;
  } else if (word == "uncounted") {
    facts.queries_per_second.reset();
  } else if (absl::ConsumePrefix(&word, "freeze=") && absl::SimpleAtod(word, &seconds)) {
    facts.intent.frozen_until = now + absl::Seconds(seconds);
  } else {
    return false;
  }
  return true;
}

struct Step {
  absl::Time at;
  std::vector<absl::string_view> words;
};

std::vector<Step> Steps(absl::string_view script) {
  std::vector<Step> steps;
  for (const absl::string_view text : absl::StrSplit(script, ';')) {
    std::vector<absl::string_view> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
    double seconds = 0;
    if (words.empty() || !absl::SimpleAtod(words[0], &seconds)) BadScript(text);
    words.erase(words.begin());
    steps.push_back({kZero + absl::Seconds(seconds), words});
  }
  return steps;
}

class Player {
 public:
  Player(const AnycastConfig::Policy& policy, IpFamily family) : policy_(policy), family_(family) {
    facts_.now = kZero;
    SetSignals("ok", facts_);
  }

  void Play(const Step& step) {
    TickUntil(step.at);
    for (const absl::string_view word : step.words) Obey(word);
  }

  const std::string& told() const { return told_; }

 private:
  void Obey(absl::string_view word) {
    double seconds = 0;
    absl::string_view leap = word;
    if (absl::ConsumePrefix(&leap, "leap=") && absl::SimpleAtod(leap, &seconds)) {
      facts_.now += absl::Seconds(seconds);
    } else if (word == "hung") {
      facts_.lost_ipv4 = facts_.lost_ipv6 = true;
    } else if (word == "restart" || word == "stopped") {
      if (word == "stopped") facts_.intent = {};
      memory_ = Resume(memory_, facts_.now);
    } else if (word != "end" && !SetSignals(word, facts_) && !SetFleet(word, facts_) &&
               !SetIntent(word, facts_.now, facts_)) {
      BadScript(word);
    }
  }

  void TickUntil(absl::Time end) {
    for (; facts_.now < end; facts_.now += policy_.tick) {
      Tell(Decide(policy_, family_, facts_, memory_));
      facts_.lost_ipv4 = facts_.lost_ipv6 = false;
    }
  }

  void Tell(const Verdict& verdict) {
    const std::string now = absl::StrCat(ToText(verdict.state), " ", verdict.rule,
                                         verdict.wants_to_withdraw ? "?" : "");
    if (now == last_) return;
    last_ = now;
    const double at = absl::ToDoubleSeconds(facts_.now - kZero);
    absl::StrAppend(&told_, told_.empty() ? "" : ", ", at, " ", now);
  }

  const AnycastConfig::Policy& policy_;
  const IpFamily family_;
  Facts facts_;
  PolicyMemory memory_;
  std::string last_;
  std::string told_;
};

}  // namespace

std::string Play(const AnycastConfig::Policy& policy, IpFamily family, absl::string_view script) {
  Player player(policy, family);
  for (const Step& step : Steps(script)) player.Play(step);
  return player.told();
}

}  // namespace hither
