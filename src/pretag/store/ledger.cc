#include "pretag/store/ledger.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>

#include "pretag/store/detections_blob.h"
#include "pretag/store/ledger_schema.h"
#include "pretag/store/ledger_statements.h"
#include "pretag/store/object_embeddings.h"
#include "pretag/store/sqlite.h"

namespace pretag {
namespace {

// How many rows a for_each_* holds at a time; with the embeddings of objects a row may have a megabyte and more.
constexpr int kPageRows = 256, kWholePageRows = 32;

constexpr int kPending = static_cast<int>(ImageState::kPending);
constexpr int kDone = static_cast<int>(ImageState::kDone);
constexpr int kFailed = static_cast<int>(ImageState::kFailed);

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(Database database, LedgerStatements statements, bool writer)
      : database_(std::move(database)), statements_(std::move(statements)), writer_(writer) {}

  ~SqliteLedger() override {
    // A closed ledger is a single file that can be copied and read anywhere, also from where nothing may be written.
    // Should this fail, nothing is lost: the next open picks up the write-ahead log.
    if (writer_) (void)settle();
  }

  Status settle() override {
    std::scoped_lock lock(mutex_);
    return database_.execute("PRAGMA journal_mode = DELETE");
  }

  Status load_labels() {
    PRETAG_ASSIGN(Statement query, database_.prepare("SELECT number, name FROM labels ORDER BY number"));
    for (;;) {
      PRETAG_ASSIGN(const bool row, query.step());
      if (!row) return {};
      if (query.integer(0) != static_cast<int64_t>(labels_.size())) {
        return Error{ErrorCode::kCorrupt, database_.path() + ": damaged (label numbers have a gap)"};
      }
      label_numbers_.emplace(query.text(1), static_cast<uint16_t>(labels_.size()));
      labels_.emplace_back(query.text(1));
    }
  }

  Status look_for_own_embeddings() {
    PRETAG_ASSIGN(const auto own, fact(kOwnEmbeddingsFact));
    has_own_embeddings_ = own && !own->empty();
    return {};
  }

  Status set_fact(const std::string& key, const std::string& value) override {
    std::scoped_lock lock(mutex_);
    return statements_.set_fact.run(key, value);
  }

  Result<std::optional<std::string>> fact(const std::string& key) const override {
    std::scoped_lock lock(mutex_);
    Statement& query = statements_.get_fact;
    const ResetAtEnd reset_at_end(query);
    query.start(key);
    PRETAG_ASSIGN(const bool row, query.step());
    return row ? std::optional(std::string(query.text(0))) : std::nullopt;
  }

  Status add_inputs(const std::vector<std::string>& filenames) override {
    std::scoped_lock lock(mutex_);
    PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database_));
    for (const std::string& filename : filenames) PRETAG_TRY(statements_.add_input.run(filename));
    return transaction.commit();
  }

  Status record(const std::vector<ImageResult>& results, const std::vector<ImageFailure>& failures) override {
    std::scoped_lock lock(mutex_);
    // Labels are stored for themselves: they stay when the batch has to be rolled back.
    const auto number_of = [this](const std::string& label) { return label_number(label); };
    std::vector<std::vector<std::byte>> blobs;
    for (const ImageResult& result : results) {
      PRETAG_ASSIGN(blobs.emplace_back(), encode_detections(result.detections, number_of));
    }
    PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database_));
    for (size_t i = 0; i < results.size(); ++i) PRETAG_TRY(write_result(results[i], blobs[i]));
    for (const ImageFailure& failure : failures) PRETAG_TRY(write_failure(failure));
    return transaction.commit();
  }

  Status record_unopened(const std::vector<ImageFailure>& failures) override {
    std::scoped_lock lock(mutex_);
    PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database_));
    for (const ImageFailure& failure : failures)
      PRETAG_TRY(statements_.add_unopened.run(failure.filename, failure.reason));
    return transaction.commit();
  }

  Status for_each_pending(const std::function<Status(const std::string&)>& visit) const override {
    const auto read = [](const Statement& row) -> Result<std::string> { return std::string(row.text(0)); };
    return for_each_page<std::string>(
        statements_.pending_page, read, [](const std::string& name) { return name; }, visit);
  }

  Status for_each_result(const std::function<Status(const ImageResult&)>& visit) const override {
    const auto read = [this](const Statement& row) { return read_result(row); };
    return for_each_page<ImageResult>(
        statements_.result_page, read, [](const ImageResult& result) { return result.info.filename; }, visit,
        has_own_embeddings_.load() ? 1 : 0);
  }

  Status for_each_result_with_objects(const std::function<Status(const ImageResult&)>& visit) const override {
    return for_each_with_objects(visit, has_own_embeddings_.load());
  }

  Status for_each_whole_result(const std::function<Status(const ImageResult&)>& visit) const override {
    return for_each_with_objects(visit, false);
  }

  Status for_each_own_embedding(const std::function<Status(const OwnEmbedding&)>& visit) const override {
    const auto read = [this](const Statement& row) -> Result<OwnEmbedding> {
      OwnEmbedding own{.filename = std::string(row.text(0)), .embedding = {}};
      auto embedding = decode_embedding(row.blob(1));
      if (!embedding) return embedding.error().in(database_.path() + ": damaged at " + own.filename);
      own.embedding = *std::move(embedding);
      return own;
    };
    return for_each_page<OwnEmbedding>(
        statements_.own_page, read, [](const OwnEmbedding& own) { return own.filename; }, visit);
  }

  Status replace_own_embeddings(const std::function<Result<std::string>(OwnEmbeddingsAdder&)>& fill) override {
    std::scoped_lock lock(mutex_);
    PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database_));
    PRETAG_TRY(statements_.forget_own.run());
    Adder adder(database_, statements_.add_own);
    PRETAG_ASSIGN(const std::string fact, fill(adder));
    PRETAG_TRY(statements_.set_fact.run(std::string(kOwnEmbeddingsFact), fact));
    PRETAG_TRY(transaction.commit());
    has_own_embeddings_ = !fact.empty();
    return {};
  }

  Status for_each_failure(const std::function<Status(const ImageFailure&)>& visit) const override {
    const auto read = [](const Statement& row) -> Result<ImageFailure> {
      return ImageFailure{std::string(row.text(0)), std::string(row.text(1))};
    };
    return for_each_page<ImageFailure>(
        statements_.failure_page, read, [](const ImageFailure& failure) { return failure.filename; }, visit);
  }

  Result<LedgerCounts> counts() const override {
    std::scoped_lock lock(mutex_);
    LedgerCounts counts;
    // Each of these is answered from a small index.
    PRETAG_ASSIGN(const int64_t total, database_.integer("SELECT count(*) FROM images"));
    PRETAG_ASSIGN(counts.pending, database_.integer("SELECT count(*) FROM images WHERE state = 0"));
    PRETAG_ASSIGN(counts.failed, database_.integer("SELECT count(*) FROM images WHERE state = 2"));
    counts.done = total - counts.pending - counts.failed;
    return counts;
  }

  Status forget_failures() override {
    std::scoped_lock lock(mutex_);
    PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database_));
    PRETAG_TRY(statements_.forget_own_of_failures.run());
    PRETAG_TRY(statements_.forget_failures.run());
    return transaction.commit();
  }

 private:
  class Adder : public OwnEmbeddingsAdder {
   public:
    Adder(Database& database, Statement& add) : database_(database), add_(add) {}
    Status add(const OwnEmbedding& own) override { return add_.run(own.filename, encode_embedding(own.embedding)); }
    Result<int64_t> count() override {
      return database_.integer("SELECT count(*) FROM own_embeddings WHERE embedding <> x''");
    }

   private:
    Database& database_;
    Statement& add_;
  };

  Result<uint16_t> label_number(const std::string& label) {
    if (const auto known = label_numbers_.find(label); known != label_numbers_.end()) return known->second;
    if (labels_.size() > std::numeric_limits<uint16_t>::max()) {
      return Error{ErrorCode::kInvalidArgument, database_.path() + ": more than 65536 different labels"};
    }
    const auto number = static_cast<uint16_t>(labels_.size());
    PRETAG_TRY(statements_.add_label.run(number, label));
    labels_.push_back(label);
    label_numbers_.emplace(label, number);
    return number;
  }

  Result<int64_t> write_state(const std::string& filename, int state, const std::string& reason) {
    Statement& statement = statements_.set_state;
    const ResetAtEnd reset_at_end(statement);
    statement.start(filename, state, reason);
    PRETAG_TRY(statement.step());
    const int64_t id = statement.integer(0);
    PRETAG_TRY(statement.step());  // only at its end has the statement written the row
    return id;
  }

  Status write_result(const ImageResult& result, std::span<const std::byte> detections) {
    const ImageInfo& info = result.info;
    PRETAG_ASSIGN(const int64_t id, write_state(info.filename, kDone, ""));
    PRETAG_TRY(write_objects(id, encode_object_embeddings(result.detections)));
    PRETAG_TRY(write_regions(id, encode_regions(result.regions)));
    return statements_.set_result.run(id, info.width, info.height, static_cast<int64_t>(info.bytes), info.content_hash,
                                      info.quality.luminance, info.quality.sharpness, info.quality.snr,
                                      info.quality.uniform_row_ratio, detections, encode_embedding(result.embedding));
  }

  Status write_regions(int64_t id, const RegionsBlob& regions) {
    if (regions.boxes.empty()) return statements_.drop_regions.run(id);
    return statements_.set_regions.run(id, std::span<const std::byte>(regions.boxes), regions.embeddings.columns,
                                       std::span<const std::byte>(regions.embeddings.bytes));
  }

  Status write_objects(int64_t id, const EmbeddingsBlob& objects) {
    if (objects.bytes.empty()) return statements_.drop_objects.run(id);
    return statements_.set_objects.run(id, objects.columns, std::span<const std::byte>(objects.bytes));
  }

  Status write_failure(const ImageFailure& failure) {
    PRETAG_ASSIGN(const int64_t id, write_state(failure.filename, kFailed, failure.reason));
    PRETAG_TRY(statements_.drop_objects.run(id));
    PRETAG_TRY(statements_.drop_regions.run(id));
    return statements_.drop_result.run(id);
  }

  Result<ImageResult> read_result(const Statement& row) const {
    ImageResult result;
    ImageInfo& info = result.info;
    info.filename = row.text(0);
    info.width = static_cast<int>(row.integer(1));
    info.height = static_cast<int>(row.integer(2));
    info.bytes = static_cast<uint64_t>(row.integer(3));
    info.content_hash = row.text(4);
    info.quality = {static_cast<float>(row.real(5)), static_cast<float>(row.real(6)), static_cast<float>(row.real(7)),
                    static_cast<float>(row.real(8))};
    auto detections = decode_detections(row.blob(9), labels_);
    if (!detections) return detections.error().in(database_.path() + ": damaged at " + info.filename);
    auto embedding = decode_embedding(row.blob(10));
    if (!embedding) return embedding.error().in(database_.path() + ": damaged at " + info.filename);
    result.detections = *std::move(detections);
    result.embedding = *std::move(embedding);
    result.is_masked = row.integer(11) != 0;
    return result;
  }

  Result<ImageResult> read_whole_result(const Statement& row) const {
    PRETAG_ASSIGN(ImageResult result, read_result(row));
    // NULL, which reads as 0 and as no bytes, where there are none.
    const int64_t columns = row.integer(12), region_columns = row.integer(15);
    if (columns != 0 || !row.blob(13).empty()) {
      auto values = decode_object_embeddings(columns, row.blob(13));
      if (!values) return values.error().in(database_.path() + ": damaged at " + result.info.filename);
      hand_out(*values, static_cast<size_t>(columns), result.detections);
    }
    if (region_columns != 0 || !row.blob(14).empty()) {
      auto regions = decode_regions(row.blob(14), region_columns, row.blob(16));
      if (!regions) return regions.error().in(database_.path() + ": damaged at " + result.info.filename);
      result.regions = *std::move(regions);
    }
    return result;
  }

  static void hand_out(std::span<const float> values, size_t columns, std::vector<Detection>& detections) {
    for (Detection& detection : detections) {
      if (values.empty()) return;
      const auto row = values.first(columns);
      detection.embedding.assign(row.begin(), row.end());
      values = values.subspan(columns);
    }
  }

  Status for_each_with_objects(const std::function<Status(const ImageResult&)>& visit, bool own_embeddings) const {
    const auto read = [this](const Statement& row) { return read_whole_result(row); };
    return for_each_page<ImageResult, kWholePageRows>(
        statements_.whole_page, read, [](const ImageResult& result) { return result.info.filename; }, visit,
        own_embeddings ? 1 : 0);
  }

  // Reads page after page, each from where the last one ended, and visits with nothing locked. `key` gives an item's
  // file name, `query` takes the name to go on after and the number of rows.
  template <class Item, int kRows = kPageRows, class Read, class Key, class Visit, class... More>
  Status for_each_page(Statement& query, const Read& read, const Key& key, const Visit& visit,
                       const More&... more) const {
    std::string after;
    for (;;) {
      PRETAG_ASSIGN(const std::vector<Item> page, read_page<Item>(query, read, after, kRows, more...));
      for (const Item& item : page) PRETAG_TRY(visit(item));
      if (page.size() < kRows) return {};
      after = key(page.back());
    }
  }

  template <class Item, class Read, class... More>
  Result<std::vector<Item>> read_page(Statement& query, const Read& read, const std::string& after, int rows,
                                      const More&... more) const {
    std::scoped_lock lock(mutex_);
    const ResetAtEnd reset_at_end(query);
    std::vector<Item> page;
    query.start(after, rows, more...);
    for (;;) {
      PRETAG_ASSIGN(const bool row, query.step());
      if (!row) return page;
      PRETAG_ASSIGN(page.emplace_back(), read(query));
    }
  }

  mutable std::mutex mutex_;
  mutable Database database_;  // declared before the statements, which must go first
  mutable LedgerStatements statements_;
  std::vector<std::string> labels_;  // by number
  std::map<std::string, uint16_t> label_numbers_;
  bool writer_;
  std::atomic<bool> has_own_embeddings_ = false;
};

Result<std::unique_ptr<Ledger>> make_ledger(Database database, bool writer) {
  auto statements = LedgerStatements::prepare(database);
  if (!statements) {
    // The statements are right, so a table must be missing.
    const bool schema_damaged = statements.error().code == ErrorCode::kInternal;
    return Error{schema_damaged ? ErrorCode::kCorrupt : statements.error().code, statements.error().message};
  }
  auto ledger = std::make_unique<SqliteLedger>(std::move(database), *std::move(statements), writer);
  PRETAG_TRY(ledger->load_labels());
  PRETAG_TRY(ledger->look_for_own_embeddings());
  return std::unique_ptr<Ledger>(std::move(ledger));
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path) {
  PRETAG_ASSIGN(Database database, Database::open(path, Database::Access::kCreate));
  // Exclusive: the first access takes the lock and keeps it until the connection closes or the process dies.
  PRETAG_TRY(database.execute("PRAGMA locking_mode = EXCLUSIVE"));
  PRETAG_TRY(create_or_upgrade_schema(database));
  // FULL: a commit returns when the log is on the disk, not when the system has taken it.
  PRETAG_TRY(database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
  PRETAG_TRY(database.execute("BEGIN EXCLUSIVE; COMMIT"));
  return make_ledger(std::move(database), true);
}

Result<std::unique_ptr<Ledger>> Ledger::open_read_only(const std::string& path) {
  PRETAG_ASSIGN(Database database, Database::open(path, Database::Access::kReadOnly));
  PRETAG_TRY(check_schema(database));
  return make_ledger(std::move(database), false);
}

}  // namespace pretag
