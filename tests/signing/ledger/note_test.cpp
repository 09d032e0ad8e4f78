// Signed notes against the published example of the format, proofs and stamps against everything
// that a stranger could change in them.
#include <gtest/gtest.h>

#include "signing/ledger/cbor.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/stamp.hpp"
#include "signing/ledger/text.hpp"

namespace qyzmet::ledger {
namespace {

NoteSigner signer(std::string name, KeyUse use = KeyUse::note) {
  return *NoteSigner::open(std::move(name), use, make_note_key());
}

Instant const k_now = *parse_instant("2026-11-28T05:00:00.000000Z");

/// A log of five records; the proof is of the third.
Proof some_proof(NoteSigner const& log) {
  std::vector<std::string> const records{"{}", "{\"a\":1}", "{\"number\":\"77-2026-000003\"}", "4",
                                         "5"};
  Hashes leaves;
  for (auto const& record : records) leaves.push_back(leaf_hash(entry_of(record)));
  auto const left = node_hash(leaves[0], leaves[1]);
  Hash const root = node_hash(node_hash(left, node_hash(leaves[2], leaves[3])), leaves[4]);
  Note note{.text = to_text(Checkpoint{
                .origin = log.key().name, .head = {.size = 5, .root = root}, .more = {}}),
            .signatures = {}};
  note.signatures.push_back(log.sign_note(note.text, k_now));
  return {.record = records[2],
          .index = 2,
          .hashes = {leaves[3], left, leaves[4]},
          .checkpoint = to_text(note)};
}

// The example of the Go packages in which the format began.
constexpr char const* k_published_key =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char const* k_published_note =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n";

TEST(Note, ThePublishedExampleVerifies) {
  auto const key = parse_note_key(k_published_key);
  ASSERT_TRUE(key);
  EXPECT_EQ(to_text(*key), k_published_key);
  auto const note = parse_note(k_published_note);
  ASSERT_TRUE(note);
  EXPECT_EQ(to_text(*note), k_published_note);
  EXPECT_TRUE(verify_note(*note, *key));
  auto bent = *note;
  bent.text[0] = 'i';
  EXPECT_FALSE(verify_note(bent, *key));
}

TEST(Note, WhatIsNoNoteIsRefused) {
  for (std::string const bad :
       {"", "\n", "\n\n", "a\n", "a\n\n", "a\n\nb\n", "a\n\n— x \n", "a\n\n— x AAAA\n",
        "a\n\n— x AAAAAAAA", "a\n\n—x AAAAAAAA\n", "a\n\n— AAAAAAAA\n", "a\n\n— x AAAAAAA=\n\n",
        "a\r\n\n— x AAAAAAAA\n", "\xFF\n\n— x AAAAAAAA\n", "a\n\n— x+y AAAAAAAA\n"})
    EXPECT_FALSE(parse_note(bad)) << bad;
  EXPECT_FALSE(parse_note(std::string(k_note_bytes_max + 1, 'a')));
  std::string many = "a\n\n";
  for (std::size_t i = 0; i <= k_note_signatures_max; ++i) many += "— x AAAAAAAA\n";
  EXPECT_FALSE(parse_note(many));
  for (auto const* bad : {"", "x", "x+00000000+",
                          "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"})
    EXPECT_FALSE(parse_note_key(bad)) << bad;
  EXPECT_FALSE(NoteSigner::open("log", KeyUse::note, "no key"));
  EXPECT_FALSE(NoteSigner::open("a log", KeyUse::note, make_note_key()));
}

TEST(Note, ACheckpointCountsWithTheSignatureOfItsLog) {
  auto const log = signer("portal.example/log");
  auto const other = signer("portal.example/log");
  auto const text = some_proof(log).checkpoint;
  auto const opened = open_checkpoint(text, log.key());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->head.size, 5U);
  EXPECT_FALSE(open_checkpoint(text, other.key()));
  auto const foreign = signer("elsewhere");
  auto note = *parse_note(text);
  note.signatures = {foreign.sign_note(note.text, k_now)};
  EXPECT_FALSE(open_checkpoint(to_text(note), foreign.key())) << "the origin is another's";
  for (auto const* bad :
       {"", "o\n", "o\n1\n", "o\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "o\n1\nAAAA\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "o\n99999999999999999\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"})
    EXPECT_FALSE(parse_checkpoint(bad)) << bad;
}

TEST(Note, AWitnessSignsTheTime) {
  auto const log = signer("portal.example/log");
  auto const witness = signer("witness.example", KeyUse::cosignature);
  auto note = *parse_note(some_proof(log).checkpoint);
  note.signatures.push_back(witness.sign_note(note.text, k_now));
  auto const seen = verify_note(note, witness.key());
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->at, k_now);
  EXPECT_TRUE(verify_note(note, log.key())) << "both signatures stand side by side";
  note.signatures.back().value[7] ^= 1;
  EXPECT_FALSE(verify_note(note, witness.key())) << "a second later is another statement";
}

TEST(Proof, ItIsTheTextOfTheFormat) {
  auto const log = signer("portal.example/log");
  auto const proof = some_proof(log);
  auto const text = to_text(proof);
  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nextra eyJudW1i"));
  EXPECT_EQ(parse_proof(text), proof);
  EXPECT_EQ(verify_proof(proof, log.key()).fault, ProofFault::none);
  EXPECT_EQ(verify_proof(proof, signer("portal.example/log").key()).fault, ProofFault::key);
  auto other = proof;
  other.record += " ";
  EXPECT_EQ(verify_proof(other, log.key()).fault, ProofFault::inclusion);
  other = proof;
  other.index = 3;
  EXPECT_EQ(verify_proof(other, log.key()).fault, ProofFault::inclusion);
  for (auto const* bad :
       {"", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\nindex 1\n",
        "c2sp.org/tlog-proof@v1\nindex 1\n\n", "c2sp.org/tlog-proof@v1\nindex\n\n"})
    EXPECT_FALSE(parse_proof(bad)) << bad;
}

TEST(Proof, FitsIntoACodeAndComesBack) {
  auto const log = signer("portal.example/log");
  auto proof = some_proof(log);
  auto const witness = signer("witness.example", KeyUse::cosignature);
  auto note = *parse_note(proof.checkpoint);
  auto const alone = proof;
  note.signatures.push_back(witness.sign_note(note.text, k_now));
  proof.checkpoint = to_text(note);
  auto const code = compact(proof, log.key());
  ASSERT_TRUE(code);
  EXPECT_LT(code->size(), 500U);
  EXPECT_EQ(parse_compact(*code), alone) << "the witness stays outside the code";
  for (std::size_t i = 0; i < code->size(); ++i) {
    auto bent = *code;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    auto const read = parse_compact(bent);
    EXPECT_TRUE(!read || verify_proof(*read, log.key()).fault != ProofFault::none) << i;
    EXPECT_FALSE(parse_compact(code->substr(0, i))) << i;
  }
  EXPECT_FALSE(compact(proof, witness.key()));
}

TEST(Stamp, TellsWhatWasSignedAndNothingElse) {
  auto const log = signer("portal.example/log");
  Stamp const stamp{.service = "77",
                    .document = "place_info",
                    .number = "77-2026-000003",
                    .date = "2026-11-28",
                    .person = "Әлиев Арман Қайратұлы",
                    .office = "Есіл ауданының ҚІБ"};
  auto const code = make_stamp(stamp, log);
  EXPECT_LT(code.size(), 450U);
  auto const verdict = verify_stamp(code, log.key());
  EXPECT_EQ(verdict.fault, StampFault::none);
  EXPECT_EQ(verdict.stamp, stamp);
  EXPECT_EQ(verify_stamp(code, signer("portal.example/log").key()).fault, StampFault::key);
  for (std::size_t i = 0; i < code.size(); ++i) {
    auto bent = code;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(verify_stamp(bent, log.key()).fault, StampFault::none) << i;
    EXPECT_EQ(verify_stamp(code.substr(0, i), log.key()).fault, StampFault::format) << i;
  }
  auto longer = stamp;
  longer.person = "x";
  for (int i = 0; i < 150; ++i) longer.person += "Ә";
  auto const cut = verify_stamp(make_stamp(longer, log), log.key());
  EXPECT_EQ(cut.fault, StampFault::none);
  EXPECT_EQ(cut.stamp.person.size(), k_stamp_text_bytes_max - 1) << "no half letter";
}

TEST(Text, Base45IsThatOfTheStandard) {
  for (auto const& [plain, text] : {std::pair{"AB", "BB8"},
                                    {"Hello!!", "%69 VD92EX0"},
                                    {"base-45", "UJCLQE7W581"},
                                    {"ietf!", "QED8WEX0"}}) {
    EXPECT_EQ(to_base45(plain), text);
    EXPECT_EQ(from_base45(text), plain);
  }
  for (auto const* bad : {"A", "GGW", "::", "bb8", "BB8A"}) EXPECT_FALSE(from_base45(bad)) << bad;
  for (auto const* bad : {"A", "AA", "AA==A", "AB==", "AAAA ", "A A=", "===="})
    EXPECT_FALSE(from_base64(bad)) << bad;
  EXPECT_EQ(from_base64("AA=="), std::string(1, '\0'));
  EXPECT_EQ(from_base64("AAAA"), std::string(3, '\0'));
}

TEST(Cbor, OnlyTheShortestFormIsRead) {
  for (std::string const& bad : {std::string{"\x18\x17"}, std::string{"\x19\x00\xFF", 3},
                                 std::string{"\x1A\x00\x00\xFF\xFF", 5}, std::string{"\x1C"},
                                 std::string{"\x1F"}, std::string{"\x19\x01"}, std::string{}}) {
    cbor::Reader reader{bad};
    reader.head(cbor::Kind::number);
    EXPECT_FALSE(reader.done()) << to_hex(bad);
  }
  for (std::uint64_t const value : {0ULL, 23ULL, 24ULL, 255ULL, 256ULL, 65'535ULL, 65'536ULL,
                                    4'294'967'295ULL, 4'294'967'296ULL, ~0ULL}) {
    auto const text = cbor::number(value);
    cbor::Reader reader{text};
    EXPECT_EQ(reader.head(cbor::Kind::number), value);
    EXPECT_TRUE(reader.done());
  }
  EXPECT_EQ(to_hex(cbor::number(1'000'000)), "1a000f4240");  // RFC 8949, appendix A
}

}  // namespace
}  // namespace qyzmet::ledger
