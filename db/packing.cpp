#include "db/packing.hpp"

#include <zstd.h>

#include <memory>
#include <stdexcept>

namespace qyzmet::db {

namespace {

constexpr int k_level = 1;

// What was packed with it can be read with nothing else: another text is another format. The most
// frequent stands last.
constexpr std::string_view k_words =
    R"("reason":"detail":"kind":"incident","kind":"cancelled","kind":"message","kind":"handled",)"
    R"("kind":"ordered","kind":"recorded","kind":"timer_fired","data":{"due":{"$at":"timer":)"
    R"({"actor":{"role":"system","unit":"","user":""},"body":{"error_code":"","ok":true,"result":)"
    R"({},)"
    R"("token":"type":"handled"},"body":{"type":"tick"},"body":{"form":{"id":"message":"",)"
    R"("signature":{"document":"signature":"signer":"type":"message"},)"
    R"({"actor":{"role":"citizen","unit":"","user":"body":{"type":"start","variables":{)"
    R"({"actor":{"role":"branch_operator","unit":"{"actor":{"role":"head","unit":")"
    R"({"actor":{"role":"registrar","unit":"{"actor":{"role":"executor","unit":"1","user":"1"},)"
    R"("at":{"$at":"2026-11-28T05:00:00.000000Z"},"body":{"form":{"checklist.documents":true,)"
    R"("checklist.identity":true,"checklist.photo":true,"checklist.registered":true,)"
    R"("checklist.served":true,"executor":"review.outcome":"approve"},"signature":null,)"
    R"("task":"Task_Review","type":"complete"},"salt":"[{"at":)"
    R"({"$at":"2026-11-28T05:00:00.000000Z"},)"
    R"("data":{},"kind":"started","node":"data":{"role":"executor","user":"kind":"completed",)"
    R"("node":"Task_Register"},{"at":{"$at":"2026-"data":{},"kind":"opened","node":"Task_Review"}])"
    R"({"at":{"$at":"2026-11-28T05:00:00.000000Z"},"breaches":[],"calendar":1,"ended":false,)"
    R"("ends":[],"filed":{"$at":"2026-11-28T05:00:00.000000Z"},"incidents":[],"kept":{},)"
    R"("messages":[],"next_id":20,"pending":[],"place":"district","place":"city",)"
    R"("scopes":[[1,0,-1,-1,-1]],"subscriptions":[[2,-1,1,40,"application.withdrawn"]],)"
    R"("tasks":[[10,5,{"$at":"2026-11-28T05:00:00.000000Z"}]],"timers":[[3,-1,1,)"
    R"({"$at":"2026-12-02T19:00:00.000000Z"}],[4,-1,1,{"$at":"2026-12-07T19:00:00.000000Z"}]],)"
    R"("tokens":[[10,5,1,4]],"variables":{"applicant":"1","branch":{"id":"1","is_duty":false},)"
    R"("certified":{"by":"otp","confirmed_at":"by":"eds","document":"signature":"},)"
    R"("checklist":{"documents":true,"identity":true,"photo":true,"registered":true,)"
    R"("served":true},)"
    R"("consent":true,"decision":{"head":"documents":[],"executor":"","language":"kk",)"
    R"("mode":"peacetime","number":"office":{"id":"1"},"place":"city","review":{"ground":null,)"
    R"("outcome":"approve","reasons":null},"subtype":"dismissed"},"version":1})";

template <class T, std::size_t (*Free)(T*)>
struct Freed {
  void operator()(T* value) const { Free(value); }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, Freed<ZSTD_CCtx, ZSTD_freeCCtx>>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, Freed<ZSTD_DCtx, ZSTD_freeDCtx>>;
using WritingWords = std::unique_ptr<ZSTD_CDict, Freed<ZSTD_CDict, ZSTD_freeCDict>>;
using ReadingWords = std::unique_ptr<ZSTD_DDict, Freed<ZSTD_DDict, ZSTD_freeDDict>>;

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result) != 0) throw std::runtime_error{"packed bytes are broken"};
  return result;
}

}  // namespace

std::string pack(std::string_view plain) {
  static WritingWords const words{ZSTD_createCDict(k_words.data(), k_words.size(), k_level)};
  thread_local Compressor const compressor{ZSTD_createCCtx()};
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(checked(ZSTD_compress_usingCDict(compressor.get(), out.data(), out.size(),
                                              plain.data(), plain.size(), words.get())));
  return out;
}

std::string unpack(std::string_view packed) {
  static ReadingWords const words{ZSTD_createDDict(k_words.data(), k_words.size())};
  thread_local Decompressor const decompressor{ZSTD_createDCtx()};
  auto const size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size > k_unpacked_bytes_max) throw std::runtime_error{"packed bytes are broken"};
  std::string out(size, '\0');
  auto const got = checked(ZSTD_decompress_usingDDict(decompressor.get(), out.data(), out.size(),
                                                      packed.data(), packed.size(), words.get()));
  if (got != size) throw std::runtime_error{"packed bytes are broken"};
  return out;
}

Bytes seal_packed(Vault const& vault, std::string_view plain, Place place) {
  return vault.seal(pack(plain), place);
}

std::string open_packed(Vault const& vault, Bytes const& sealed, Place place) {
  auto plain = vault.open(sealed, place);
  bool const json = plain.starts_with('{') || plain.starts_with('[');
  return json ? plain : unpack(plain);
}

}  // namespace qyzmet::db
