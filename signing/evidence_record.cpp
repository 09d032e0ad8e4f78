#include "signing/evidence_record.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "signing/cms_writer.hpp"
#include "signing/signed_data.hpp"
#include "signing/timestamp.hpp"

namespace qyzmet::signing {
namespace {

using Hashes = std::vector<std::string>;

std::unexpected<Error> unfit() {
  return fail(ErrorCode::invalid, "signature.record");
}

/// Binary ascending, one after the other (RFC 4998, 4.2).
std::string joined(Hashes hashes) {
  std::ranges::sort(hashes, [](std::string const& left, std::string const& right) {
    return std::ranges::lexicographical_compare(
        left, right, [](unsigned char a, unsigned char b) { return a < b; });
  });
  std::string out;
  for (auto const& hash : hashes) out += hash;
  return out;
}

/// One ArchiveTimeStamp as views into the record.
struct Stamp {
  std::vector<Hashes> way;  // reducedHashtree
  std::string_view token;
};
struct StampChain {
  std::string_view whole;
  std::string digest;
  std::vector<Stamp> stamps;
};

std::optional<Hashes> parse_hashes(der::Element const& list) {
  auto const elements = der::children(list.content);
  if (list.tag != der::sequence || !elements || elements->size() > k_record_objects_max)
    return std::nullopt;
  Hashes out;
  for (auto const& element : *elements) {
    if (element.tag != der::octet_string) return std::nullopt;
    out.emplace_back(element.content);
  }
  return out;
}

std::optional<Stamp> parse_stamp(der::Element const& element, std::string& digest) {
  if (element.tag != der::sequence) return std::nullopt;
  der::Reader reader{element.content};
  Stamp out;
  auto const algorithm = reader.take(der::context_constructed(0));
  if (!algorithm) return std::nullopt;
  auto const oid = parse_algorithm(
      {.tag = der::sequence, .content = algorithm->content, .whole = algorithm->whole});
  // All timestamps of one chain have the same algorithm (5.1).
  if (!oid || (!digest.empty() && digest != oid->oid)) return std::nullopt;
  digest = oid->oid;
  if (auto const tree = reader.take(der::context_constructed(2))) {
    auto const lists = der::children(tree->content);
    if (!lists || lists->size() > der::k_depth_max) return std::nullopt;
    for (auto const& list : *lists) {
      auto hashes = parse_hashes(list);
      if (!hashes) return std::nullopt;
      out.way.push_back(std::move(*hashes));
    }
  }
  auto const token = reader.take(der::sequence);
  if (!token || !reader.done()) return std::nullopt;
  out.token = token->whole;
  return out;
}

std::optional<std::vector<StampChain>> parse_record(std::string_view record) {
  if (record.size() > k_record_bytes_max) return std::nullopt;
  auto const outer = der::first(record);
  if (!outer || outer->tag != der::sequence || outer->whole.size() != record.size())
    return std::nullopt;
  der::Reader reader{outer->content};
  auto const version = reader.take(der::integer);
  auto const algorithms = reader.take(der::sequence);
  auto const sequence = reader.take(der::sequence);
  if (!version || der::small_integer(version->content) != 1 || !algorithms || !sequence ||
      !reader.done())
    return std::nullopt;
  auto const chains = der::children(sequence->content);
  if (!chains || chains->empty()) return std::nullopt;
  std::vector<StampChain> out;
  std::size_t total = 0;
  for (auto const& element : *chains) {
    auto const stamps = der::children(element.content);
    if (element.tag != der::sequence || !stamps || stamps->empty()) return std::nullopt;
    StampChain chain{.whole = element.whole, .digest = {}, .stamps = {}};
    for (auto const& stamp : *stamps) {
      auto parsed = parse_stamp(stamp, chain.digest);
      if (!parsed || ++total > k_record_timestamps_max) return std::nullopt;
      chain.stamps.push_back(std::move(*parsed));
    }
    out.push_back(std::move(chain));
  }
  return out;
}

/// ArchiveTimeStampSequence of the chains before.
std::string sequence_of(std::span<StampChain const> chains) {
  std::string content;
  for (auto const& chain : chains) content += chain.whole;
  return der::encode(der::sequence, content);
}

Hashes hashes_of(std::vector<std::string> const& objects, std::string_view digest) {
  Hashes out;
  for (auto const& object : objects) out.push_back(digest_by_oid(digest, object).value_or(""));
  return out;
}

/// What a new chain is about: the objects, each joined with the chains before (5.2, step 3 to 5).
Hashes renewed_hashes(std::vector<std::string> const& objects, std::string_view digest,
                      std::string const& sequence) {
  auto const before = digest_by_oid(digest, sequence).value_or("");
  auto out = hashes_of(objects, digest);
  for (auto& hash : out) hash = digest_by_oid(digest, hash + before).value_or("");
  return out;
}

/// The bytes that the timestamp is over: `own` and the way lead to them. Nothing when `own` is not
/// where the way begins.
std::optional<std::string> stamped_bytes(Hashes const& own, std::vector<Hashes> const& way,
                                         std::string_view digest) {
  if (way.empty()) return std::nullopt;
  std::multiset<std::string> const wanted{own.begin(), own.end()};
  std::multiset<std::string> const first{way.front().begin(), way.front().end()};
  // A group is the whole first list; a single object stands there beside others (4.3, step 2).
  bool const begins = own.size() == 1 ? first.contains(own.front()) : wanted == first;
  if (!begins) return std::nullopt;
  auto bytes = joined(way.front());
  for (std::size_t i = 1; i < way.size(); ++i) {
    auto list = way[i];
    list.push_back(digest_by_oid(digest, bytes).value_or(""));
    bytes = joined(std::move(list));
  }
  return bytes;
}

/// What the first timestamp of a round is over for this group.
Result<Hashes> own_hashes(ArchiveGroup const& group, std::string_view digest) {
  if (group.objects.empty() || group.objects.size() > k_record_objects_max) return unfit();
  if (group.record.empty()) return hashes_of(group.objects, digest);
  auto const chains = parse_record(group.record);
  if (!chains) return unfit();
  if (chains->back().digest != digest)
    return renewed_hashes(group.objects, digest, sequence_of(*chains));
  return Hashes{digest_by_oid(digest, chains->back().stamps.back().token).value_or("")};
}

struct Node {
  std::string hash;
  std::vector<std::size_t> groups;
};

std::string encode_hashes(Hashes const& hashes) {
  std::string content;
  for (auto const& hash : hashes) content += der::encode(der::octet_string, hash);
  return der::encode(der::sequence, content);
}

std::string encode_stamp(std::vector<Hashes> const& way, std::string_view digest,
                         std::string_view token) {
  auto const algorithm = encode_algorithm(digest);
  auto content = der::encode(der::context_constructed(0), der::first(algorithm)->content);
  std::string lists;
  for (auto const& list : way) lists += encode_hashes(list);
  if (!lists.empty()) content += der::encode(der::context_constructed(2), lists);
  return der::encode(der::sequence, content + std::string{token});
}

std::string encode_record(std::vector<std::string> const& digests, std::string const& sequence) {
  std::string algorithms;
  for (auto const& digest : digests) algorithms += encode_algorithm(digest);
  return der::encode(der::sequence,
                     {der::number(1), der::encode(der::sequence, algorithms), sequence});
}

std::optional<std::string> with_stamp(ArchiveGroup const& group, std::string const& digest,
                                      std::string const& stamp) {
  auto const fresh = der::encode(der::sequence, stamp);
  if (group.record.empty()) return encode_record({digest}, der::encode(der::sequence, fresh));
  auto const chains = parse_record(group.record);
  if (!chains) return std::nullopt;
  std::vector<std::string> digests;
  std::string content;
  for (auto const& chain : *chains) {
    if (std::ranges::find(digests, chain.digest) == digests.end()) digests.push_back(chain.digest);
    content += chain.whole;
  }
  if (chains->back().digest == digest) {
    auto const& last = chains->back();
    content.resize(content.size() - last.whole.size());
    content += der::encode(der::sequence, std::string{der::first(last.whole)->content} + stamp);
  } else {
    digests.push_back(digest);
    content += fresh;
  }
  return encode_record(digests, der::encode(der::sequence, content));
}

/// When the token ends to prove anything: the first end in the chain of its signer.
std::optional<Instant> end_of(std::string_view token, Instant stated, Anchors const& anchors) {
  auto const data = parse_signed_data(token);
  if (!data || data->signers.size() != 1) return std::nullopt;
  auto const signer = find_signer_certificate(*data, data->signers.front());
  auto const chain = signer ? build_chain(*signer, anchors, {}, stated)
                            : std::unexpected(std::string{"signature.timestamp"});
  if (!chain) return std::nullopt;
  auto end = Instant::max();
  for (auto const& certificate : chain->certificates) end = std::min(end, certificate.not_after());
  return end;
}

/// The timestamps of a record in their order, each with what it is over.
class Walk {
 public:
  Walk(Anchors const& anchors, Policy const& policy, Instant at)
      : anchors_(anchors), policy_(policy), at_(at) {}

  Result<void> step(std::string_view token, std::string const& stamped) {
    auto const stated = verify_timestamp(token, stamped, anchors_, policy_, at_);
    if (!stated) return fail(ErrorCode::invalid, stated.error());
    if (proof_.timestamps != 0 && (*stated < proof_.latest || *stated > proof_.until))
      return fail(ErrorCode::invalid, "signature.record_late");
    auto const until = end_of(token, *stated, anchors_);
    if (!until) return unfit();
    if (proof_.timestamps == 0) proof_.since = *stated;
    proof_.latest = *stated;
    proof_.until = *until;
    ++proof_.timestamps;
    return {};
  }

  Result<Proof> finish(std::string digest) {
    if (at_ > proof_.until) return fail(ErrorCode::invalid, "signature.record_late");
    proof_.digest = std::move(digest);
    return proof_;
  }

 private:
  Anchors const& anchors_;
  Policy const& policy_;
  Instant at_;
  Proof proof_;
};

Result<void> walk_chain(Walk& walk, StampChain const& chain, Hashes own) {
  for (auto const& stamp : chain.stamps) {
    auto const bytes = stamped_bytes(own, stamp.way, chain.digest);
    if (!bytes) return unfit();
    if (auto done = walk.step(stamp.token, *bytes); !done) return done;
    own = {digest_by_oid(chain.digest, stamp.token).value_or("")};
  }
  return {};
}

void add_path(Certificate const& leaf, Anchors const& anchors, std::vector<std::string>& out) {
  auto const chain = build_chain(leaf, anchors, {}, leaf.not_before());
  if (!chain) return;
  for (auto const& certificate : chain->certificates)
    if (std::ranges::find(out, certificate.der()) == out.end()) out.push_back(certificate.der());
}

void add_token_path(std::string_view token, Anchors const& anchors, std::vector<std::string>& out) {
  auto const data = parse_signed_data(token);
  if (!data || data->signers.size() != 1) return;
  if (auto const tsa = find_signer_certificate(*data, data->signers.front()))
    add_path(*tsa, anchors, out);
}

}  // namespace

Result<ArchiveRound> plan_round(std::span<ArchiveGroup const> groups, std::string_view digest) {
  if (groups.empty() || groups.size() > k_round_groups_max ||
      !digest_by_oid(digest, "").has_value())
    return unfit();
  ArchiveRound round{.stamped = {}, .digest = std::string{digest}, .ways = {}};
  std::vector<Node> level;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto own = own_hashes(groups[i], digest);
    if (!own) return std::unexpected(own.error());
    round.stamped = joined(*own);
    auto const node =
        own->size() == 1 ? own->front() : digest_by_oid(digest, round.stamped).value_or("");
    level.push_back({.hash = node, .groups = {i}});
    round.ways.push_back({std::move(*own)});
  }
  while (level.size() > 1) {
    std::vector<Node> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      auto& left = level[i];
      auto& right = level[i + 1];
      for (auto const* pair : {&left, &right}) {
        auto const& beside = pair == &left ? right.hash : left.hash;
        for (auto const group : pair->groups) {
          auto& way = round.ways[group];
          // A single object stands in one list with what is beside it.
          if (way.size() == 1 && way.front().size() == 1)
            way.front().push_back(beside);
          else
            way.push_back({beside});
        }
      }
      round.stamped = joined({left.hash, right.hash});
      Node parent{.hash = digest_by_oid(digest, round.stamped).value_or(""),
                  .groups = std::move(left.groups)};
      parent.groups.insert(parent.groups.end(), right.groups.begin(), right.groups.end());
      next.push_back(std::move(parent));
    }
    if (level.size() % 2 == 1) next.push_back(std::move(level.back()));
    level = std::move(next);
  }
  return round;
}

Result<std::vector<std::string>> finish_round(std::span<ArchiveGroup const> groups,
                                              ArchiveRound const& round, std::string_view token) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto record =
        with_stamp(groups[i], round.digest, encode_stamp(round.ways[i], round.digest, token));
    if (!record || record->size() > k_record_bytes_max) return unfit();
    out.push_back(std::move(*record));
  }
  return out;
}

Result<Proof> verify_record(std::string_view record, std::vector<std::string> const& objects,
                            TrustStore const& trust, Policy const& policy, Instant at) {
  auto const chains = parse_record(record);
  if (!chains || objects.empty() || objects.size() > k_record_objects_max) return unfit();
  auto const anchors = read_trust(trust);
  Walk walk{anchors, policy, at};
  for (std::size_t i = 0; i < chains->size(); ++i) {
    auto const& chain = (*chains)[i];
    auto own =
        i == 0 ? hashes_of(objects, chain.digest)
               : renewed_hashes(objects, chain.digest, sequence_of(std::span{*chains}.first(i)));
    if (auto done = walk_chain(walk, chain, std::move(own)); !done)
      return std::unexpected(done.error());
  }
  return walk.finish(chains->back().digest);
}

std::vector<std::string> issuers_of(std::string_view cms, TrustStore const& trust) {
  std::vector<std::string> out;
  auto const der = unwrap_cms(cms);
  auto const data = der ? parse_signed_data(*der) : std::unexpected(der.error());
  if (!data || data->signers.size() != 1) return out;
  auto const anchors = read_trust(trust);
  auto const& signer = data->signers.front();
  if (auto const leaf = find_signer_certificate(*data, signer)) add_path(*leaf, anchors, out);
  for (auto const& attribute : signer.unsigned_attributes) {
    if (attribute.oid != oids::k_timestamp) continue;
    for (auto const& value : attribute.values) add_token_path(value.whole, anchors, out);
  }
  return out;
}

std::vector<std::string> record_issuers(std::string_view record, TrustStore const& trust) {
  std::vector<std::string> out;
  auto const chains = parse_record(record);
  if (!chains) return out;
  auto const anchors = read_trust(trust);
  for (auto const& chain : *chains)
    for (auto const& stamp : chain.stamps) add_token_path(stamp.token, anchors, out);
  return out;
}

}  // namespace qyzmet::signing
