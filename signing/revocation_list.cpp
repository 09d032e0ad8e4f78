#include "signing/revocation_list.hpp"

#include <algorithm>

#include "signing/algorithms.hpp"
#include "signing/path.hpp"

namespace qyzmet::signing {
namespace {

constexpr std::string_view k_reason = "2.5.29.21";
constexpr std::string_view k_number = "2.5.29.20";
constexpr std::string_view k_delta = "2.5.29.27";
constexpr std::string_view k_scope = "2.5.29.28";

struct SignedParts {
  std::string_view tbs, signature;
  Algorithm outer, inner;
};

std::optional<SignedParts> split(std::string_view der) {
  auto const whole = der::first(der);
  if (!whole || whole->whole.size() != der.size()) return std::nullopt;
  der::Reader reader{whole->content};
  auto const tbs = reader.take(der::sequence);
  auto const outer = reader.take(der::sequence);
  auto const bits = reader.take(der::bit_string);
  if (!tbs || !outer || !bits || bits->content.empty() || !reader.done()) return std::nullopt;
  der::Reader inside{tbs->content};
  inside.take(der::integer);
  auto const inner = inside.take(der::sequence);
  auto const outer_algorithm = parse_algorithm(*outer);
  auto const inner_algorithm = inner ? parse_algorithm(*inner) : std::nullopt;
  if (!outer_algorithm || !inner_algorithm) return std::nullopt;
  return SignedParts{.tbs = tbs->whole,
                     .signature = bits->content.substr(1),
                     .outer = *outer_algorithm,
                     .inner = *inner_algorithm};
}

/// One list of the national test CA states its algorithm with NULL parameters outside and without
/// inside. The outer statement is not signed, so nothing but absent against NULL is let through.
bool states_one_algorithm(SignedParts const& parts) {
  auto const is_empty = [](std::string_view parameters) {
    return parameters.empty() || parameters == std::string_view{"\x05\x00", 2};
  };
  return parts.outer.oid == parts.inner.oid &&
         (parts.outer.parameters == parts.inner.parameters ||
          (is_empty(parts.outer.parameters) && is_empty(parts.inner.parameters)));
}

/// UTCTime and GeneralizedTime as certificates and lists have them: with seconds, in UTC.
std::optional<Instant> parse_time(der::Element const& element) {
  auto digits = element.content;
  bool const general = element.tag == der::generalized_time;
  if (!general && element.tag != der::utc_time) return std::nullopt;
  if (digits.size() != (general ? 15 : 13) || digits.back() != 'Z') return std::nullopt;
  digits.remove_suffix(1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  auto const two = [&] {
    int const value = (digits[0] - '0') * 10 + digits[1] - '0';
    digits.remove_prefix(2);
    return value;
  };
  int year = two();
  if (general) {
    year = year * 100 + two();
  } else {
    year += year < 50 ? 2000 : 1900;
  }
  auto const month = two(), day = two(), hour = two(), minute = two(), second = two();
  std::chrono::year_month_day const date{std::chrono::year{year},
                                         std::chrono::month(unsigned(month)),
                                         std::chrono::day(unsigned(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return Instant{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second};
}

struct Extension {
  std::string oid;
  bool critical = false;
  std::string_view value;
};

std::optional<Extension> parse_extension(der::Reader& list) {
  auto const whole = list.take(der::sequence);
  if (!whole) return std::nullopt;
  der::Reader reader{whole->content};
  auto const oid = reader.take(der::object_id);
  auto const critical = reader.take(der::boolean);
  auto const value = reader.take(der::octet_string);
  auto text = oid ? der::oid_text(oid->content) : std::nullopt;
  if (!text || !value || !reader.done()) return std::nullopt;
  return Extension{.oid = std::move(*text),
                   .critical = critical && critical->content != std::string_view{"\0", 1},
                   .value = value->content};
}

std::optional<std::int64_t> parse_counter(std::string_view value) {
  auto const element = der::first(value);
  // 20 octets are allowed; ours are counters, and a larger number cannot be ordered as 64 bits.
  if (!element || element->tag != der::integer || element->content.empty() ||
      element->content.size() > 8 || (element->content[0] & 0x80) != 0)
    return std::nullopt;
  std::int64_t number = 0;
  for (char const c : element->content) number = number << 8 | static_cast<std::uint8_t>(c);
  return number;
}

bool may_sign_lists(Certificate const& issuer) {
  auto const usage = issuer.key_usage();
  return usage == 0 || (usage & KU_CRL_SIGN) != 0;
}

}  // namespace

/// Reads the signed part; false stops at what is malformed.
class RevocationList::Parser {
 public:
  explicit Parser(RevocationList& list) : list_(list) {}

  bool parse(std::string_view tbs) {
    auto const whole = der::first(tbs);
    der::Reader reader{whole->content};
    auto const version = reader.take(der::integer);
    auto const algorithm = reader.take(der::sequence);
    auto const issuer = reader.take(der::sequence);
    if (!version || version->content != "\x01" || !algorithm || !issuer) return false;
    list_.issuer_ = issuer->whole;
    if (!parse_times(reader)) return false;
    if (auto const entries = reader.take(der::sequence))
      if (!parse_entries(entries->content)) return false;
    auto const extensions = reader.take(der::context_constructed(0));
    return reader.done() && (!extensions || parse_extensions(extensions->content));
  }

 private:
  bool parse_times(der::Reader& reader) {
    auto const since = reader.take_any();
    auto const until = reader.take_any();
    auto const from = since ? parse_time(*since) : std::nullopt;
    auto const to = until ? parse_time(*until) : std::nullopt;
    if (!from || !to) return false;
    list_.this_update_ = *from;
    list_.next_update_ = *to;
    return true;
  }

  bool parse_entries(std::string_view content) {
    for (der::Reader reader{content}; !reader.done();) {
      auto const entry = reader.take(der::sequence);
      if (!entry || list_.entries_.size() == k_crl_entries_max || !parse_entry(entry->content))
        return false;
    }
    std::ranges::sort(list_.entries_);
    return true;
  }

  bool parse_entry(std::string_view content) {
    der::Reader reader{content};
    auto const serial = reader.take(der::integer);
    auto const time = reader.take_any();
    auto const at = time ? parse_time(*time) : std::nullopt;
    auto record = serial ? record_of(serial->content) : std::nullopt;
    if (!at || !record) return false;
    record->at = to_time_t(*at);
    if (auto const extensions = reader.take(der::sequence))
      if (!parse_entry_extensions(extensions->content, *record)) return false;
    // We read no certificate with a negative serial, so none of ours is meant.
    bool const negative = (serial->content[0] & 0x80) != 0;
    if (!negative) list_.entries_.push_back(*record);
    return reader.done();
  }

  bool parse_entry_extensions(std::string_view content, Record& record) {
    for (der::Reader reader{content}; !reader.done();) {
      auto const extension = parse_extension(reader);
      if (!extension) return false;
      if (extension->oid == k_reason) {
        auto const value = der::first(extension->value);
        if (!value || value->tag != der::enumerated || value->content.size() != 1) return false;
        record.reason = static_cast<std::uint8_t>(value->content[0]);
      } else if (extension->critical) {
        list_.plain_ = false;  // such as the issuer of an entry in an indirect list
      }
    }
    return true;
  }

  bool parse_extensions(std::string_view content) {
    auto const all = der::first(content);
    if (!all || all->tag != der::sequence) return false;
    for (der::Reader reader{all->content}; !reader.done();) {
      auto const extension = parse_extension(reader);
      if (!extension) return false;
      if (extension->oid == k_number || extension->oid == k_delta) {
        auto const number = parse_counter(extension->value);
        if (!number) return false;
        (extension->oid == k_number ? list_.number_ : list_.base_number_) = number;
      } else if (extension->oid == k_scope) {
        parse_scope(extension->value);
      } else if (extension->critical) {
        list_.plain_ = false;
      }
    }
    return true;
  }

  /// IssuingDistributionPoint: lists of authorities only, of some reasons, indirect ones and ones
  /// of attribute certificates are not for us.
  void parse_scope(std::string_view value) {
    auto const whole = der::first(value);
    if (!whole || whole->tag != der::sequence) {
      list_.plain_ = false;
      return;
    }
    for (der::Reader reader{whole->content}; !reader.done();) {
      auto const part = reader.take_any();
      bool const on = part && part->content != std::string_view{"\0", 1};
      if (part && part->tag == der::context(1)) {
        list_.only_users_ = on;
      } else if (!part || (part->tag != der::context_constructed(0) && on)) {
        list_.plain_ = false;
        return;
      }
    }
  }

 public:
  static std::optional<Record> record_of(std::string_view serial) {
    while (serial.size() > 1 && serial[0] == 0) serial.remove_prefix(1);
    Record record;
    if (serial.empty() || serial.size() > record.serial.size()) return std::nullopt;
    std::ranges::copy(serial, record.serial.end() - static_cast<std::ptrdiff_t>(serial.size()));
    return record;
  }

 private:
  RevocationList& list_;
};

std::shared_ptr<RevocationList const> RevocationList::read(std::string_view bytes) {
  if (bytes.size() > k_crl_bytes_max) return nullptr;
  auto der = unwrap_pem_or_der(bytes);
  auto const parts = der ? split(*der) : std::nullopt;
  auto list = std::make_shared<RevocationList>();
  if (!parts || !Parser{*list}.parse(parts->tbs)) return nullptr;
  list->sha256_ = sha256_hex(*der);
  list->der_ = std::move(*der);
  return list;
}

Result<std::shared_ptr<RevocationList const>> RevocationList::open(std::string_view bytes,
                                                                   TrustStore const& trust) {
  auto const list = read(bytes);
  auto const anchors = read_trust(trust);
  if (list)
    for (auto const* authorities : {&anchors.intermediates, &anchors.trusted})
      for (auto const& issuer : *authorities) {
        if (!list->is_of(issuer) || !list->is_signed_by(issuer)) continue;
        auto verified = std::make_shared<RevocationList>(*list);
        verified->signed_under_ = issuer.der();
        verified->der_.clear();
        verified->der_.shrink_to_fit();
        return verified;
      }
  return fail(ErrorCode::invalid, "signature.crl_unusable");
}

std::optional<RevocationList::Entry> RevocationList::find(std::string_view serial) const {
  auto const wanted = Parser::record_of(serial);
  if (!wanted) return std::nullopt;
  auto const at = std::ranges::lower_bound(entries_, wanted->serial, {}, &Record::serial);
  if (at == entries_.end() || at->serial != wanted->serial) return std::nullopt;
  return Entry{.at = Instant{std::chrono::seconds{at->at}}, .reason = at->reason};
}

namespace {

Owned<X509_NAME, X509_NAME_free> read_name(std::string const& der) {
  auto const* at = bytes_of(der);
  return Owned<X509_NAME, X509_NAME_free>{
      d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size()))};
}

}  // namespace

ListIdentity RevocationList::identity() const {
  auto const name = read_name(issuer_);
  return {.issuer = name ? name_text(name.get()) : std::string{},
          .sha256 = sha256_,
          .number = number_,
          .base_number = base_number_,
          .this_update = this_update_,
          .next_update = next_update_};
}

bool RevocationList::is_of(Certificate const& issuer) const {
  auto const name = read_name(issuer_);
  return name && X509_NAME_cmp(name.get(), X509_get_subject_name(issuer.get())) == 0;
}

bool RevocationList::is_signed_by(Certificate const& issuer) const {
  if (!signed_under_.empty()) return signed_under_ == issuer.der();
  auto const parts = split(der_);
  if (!parts || !states_one_algorithm(*parts) || !may_sign_lists(issuer)) return false;
  auto const* suite = suite_of_signature(parts->inner.oid);
  return suite != nullptr && verify_signature(*suite, issuer, parts->tbs, parts->signature);
}

bool RevocationList::is_continued_by(RevocationList const& delta) const {
  return number_ && delta.number_ && delta.base_number_ && *delta.base_number_ <= *number_ &&
         *number_ < *delta.number_;
}

}  // namespace qyzmet::signing
