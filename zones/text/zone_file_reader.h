#ifndef HITHER_ZONES_TEXT_ZONE_FILE_READER_H_
#define HITHER_ZONES_TEXT_ZONE_FILE_READER_H_

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "zones/text/rdata_text.h"
#include "zones/text/zone_file.h"
#include "zones/text/zone_scanner.h"

namespace hither {

// One reading of one zone: a stack of open files (RFC 1035 §5.1's $INCLUDE), the state for the next
// record (origin, owner, TTL), and the findings. Used once.
class ZoneFileReader {
 public:
  ZoneFileReader(NameView origin, RecordSink& sink, const ZoneFileLimits& limits,
                 LoadProgress* progress = nullptr)
      : sink_(sink), limits_(limits), progress_(progress) {
    scope_.origin = Name(origin);
  }

  ZoneFileResult ReadFile(const std::string& path);
  ZoneFileResult ReadText(absl::string_view text, const std::string& name);

 private:
  // The context of relative names and of records without an owner.
  struct Scope {
    Name origin;
    WrittenName owner;          // Size 0: no record had one yet.
    bool owner_is_bad = false;  // It could not be read, and an error says so.
  };

  // An open file, and the state to restore when it ends.
  struct OpenFile {
    uint32_t number = 0;  // In result_.files.
    FileDescriptor fd;
    std::pair<uint64_t, uint64_t> identity;  // Device and inode, to see loops.
    std::unique_ptr<TextSource> source;
    std::unique_ptr<ZoneScanner> scanner;
    Scope scope_after;
  };

  // The fields before the RDATA.
  struct Heading {
    RrType type{};
    bool has_ttl = false;
    uint32_t ttl_seconds = 0;
    size_t tokens = 0;  // The number of the entry's tokens, including the owner's.
  };

  // What a record without a TTL gets.
  struct Ttls {
    uint32_t default_seconds = 0;  // Of $TTL, or the SOA's MINIMUM.
    uint32_t last_seconds = 0;     // The last one written.
    bool has_default = false;
    bool has_last = false;
    bool warned_of_last = false;
  };

  struct Generated {
    uint32_t line = 0;    // Not 0 while a $GENERATE is carried out.
    int64_t records = 0;  // Of all $GENERATE lines so far.
    uint64_t bytes = 0;   // Octets of their text.
  };

  // Mistakes that are reported once, or a few times, however often they are made.
  struct Repeated {
    bool age = false;        // "[AGE:...]"
    uint32_t not_ascii = 0;  // Owners.
  };

  struct Told {  // To progress_.
    uint64_t bytes = 0;
    uint64_t records = 0;
  };

  ZoneFileResult ReadAll();
  void PopFile();
  bool TakePiece(uint32_t line);
  uint64_t BytesRead() const;
  void TellProgress();
  void TellWhatIsLeft();
  void HandleEntry(const ZoneEntry& entry);
  void HandleDirective(const ZoneEntry& entry);
  void HandleOrigin(const ZoneEntry& entry);
  void HandleTtl(const ZoneEntry& entry);
  bool TakeTtl(const ZoneEntry& entry);

  // zone_file_include.cc
  void HandleInclude(const ZoneEntry& entry);
  bool OpenFirst(const std::string& path, std::string& why);
  bool OpenBelowFolder(const std::string& path, std::string& why);
  bool OpenBelowRoot(const std::string& path, std::string& why);
  bool PushFile(const std::string& path, const std::string& shown, std::string& why);

  // zone_file_generate.cc
  void HandleGenerate(const ZoneEntry& entry);
  void Generate(const std::vector<std::string>& fields, size_t data_at, int64_t value);
  bool TakeGenerated(size_t bytes);

  void HandleRecord(const ZoneEntry& entry);
  bool ReadOwner(const Token& token);
  void WarnOfOctets(const Token& owner);
  bool TakeAge(const Token& token);
  bool ReadHeading(const ZoneEntry& entry, size_t from, Heading& heading);
  bool CheckHeading(const ZoneEntry& entry, const Heading& heading);
  bool ChooseTtl(const ZoneEntry& entry, const Heading& heading, uint32_t& ttl_seconds);

  void AddError(uint32_t line, std::string text);
  void AddWarning(uint32_t line, std::string text);
  const std::string& file_name() const;

  RecordSink& sink_;
  const ZoneFileLimits limits_;
  ZoneFileResult result_;
  uint32_t errors_ = 0;
  bool stopped_ = false;

  std::vector<OpenFile> files_;  // The innermost last.
  std::string root_folder_;      // Without symbolic links; "" until there is an $INCLUDE.
  uint64_t bytes_opened_ = 0;    // The sizes of all files when they were opened.
  uint64_t bytes_of_closed_files_ = 0;
  uint64_t piece_end_ = 0;  // bytes_read() of the innermost file at the last TakePiece().
  LoadProgress* const progress_;
  Told told_;

  Scope scope_;
  std::string owner_text_;  // scope_.owner as written; "" if it cannot be compared with a next one.
  Ttls ttls_;
  Generated generated_;
  Repeated repeated_;
  RdataParser parser_;
};

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_ZONE_FILE_READER_H_
