#include "signing/cms.hpp"

#include <algorithm>

#include "signing/revocation_list.hpp"
#include "signing/verify.hpp"

namespace qyzmet::signing {
namespace {

constexpr std::string_view k_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view k_blank = " \t\r\n";

std::unexpected<std::string> malformed() {
  return std::unexpected(std::string{"signature.malformed"});
}

std::string_view trim(std::string_view text) {
  auto const begin = text.find_first_not_of(k_blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_blank) - begin + 1);
}

/// The text between the armour lines; nothing if there is more than one armour or other text.
std::optional<std::string_view> armoured(std::string_view text, std::string_view label) {
  auto const begin = "-----BEGIN " + std::string{label} + "-----";
  auto const end = "-----END " + std::string{label} + "-----";
  if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  if (text.size() < begin.size() + end.size()) return std::nullopt;
  return text.substr(begin.size(), text.size() - begin.size() - end.size());
}

std::optional<std::vector<Attribute>> parse_attributes(std::string_view content) {
  auto const elements = der::children(content);
  if (!elements || elements->size() > k_attributes_max) return std::nullopt;
  std::vector<Attribute> attributes;
  for (auto const& element : *elements) {
    if (element.tag != der::sequence) return std::nullopt;
    der::Reader reader{element.content};
    auto const oid = reader.take(der::object_id);
    auto const values = reader.take(der::set);
    if (!oid || !values || !reader.done()) return std::nullopt;
    auto text = der::oid_text(oid->content);
    auto list = der::children(values->content);
    if (!text || !list || list->empty() || list->size() > k_attributes_max) return std::nullopt;
    attributes.push_back({std::move(*text), std::move(*list)});
  }
  return attributes;
}

bool parse_signer_id(der::Reader& reader, SignerInfo& signer) {
  if (auto const key_id = reader.take(der::context(0))) {
    signer.by_key_id = true;
    signer.key_id = key_id->content;
    return true;
  }
  auto const id = reader.take(der::sequence);
  if (!id) return false;
  der::Reader parts{id->content};
  auto const issuer = parts.take(der::sequence);
  auto const serial = parts.take(der::integer);
  if (!issuer || !serial || !parts.done()) return false;
  signer.issuer = issuer->whole;
  signer.serial = serial->content;
  return true;
}

bool parse_algorithm_into(der::Reader& reader, Algorithm& algorithm) {
  auto const element = reader.take(der::sequence);
  if (!element) return false;
  auto parsed = parse_algorithm(*element);
  if (!parsed) return false;
  algorithm = std::move(*parsed);
  return true;
}

bool parse_signed_attributes(der::Reader& reader, SignerInfo& signer) {
  signer.signed_attributes = reader.take(der::context_constructed(0));
  if (!signer.signed_attributes) return true;
  auto attributes = parse_attributes(signer.signed_attributes->content);
  if (!attributes || attributes->empty()) return false;
  signer.attributes = std::move(*attributes);
  return true;
}

std::optional<SignerInfo> parse_signer(der::Element const& element) {
  if (element.tag != der::sequence) return std::nullopt;
  SignerInfo signer;
  der::Reader reader{element.content};
  auto const version = reader.take(der::integer);
  if (!version) return std::nullopt;
  auto const number = der::small_integer(version->content);
  if (!number) return std::nullopt;
  signer.version = *number;
  if (!parse_signer_id(reader, signer) || !parse_algorithm_into(reader, signer.digest) ||
      !parse_signed_attributes(reader, signer) ||
      !parse_algorithm_into(reader, signer.signature_algorithm))
    return std::nullopt;
  auto const signature = reader.take(der::octet_string);
  if (!signature) return std::nullopt;
  signer.signature = signature->content;
  if (auto const rest = reader.take(der::context_constructed(1))) {
    auto attributes = parse_attributes(rest->content);
    if (!attributes) return std::nullopt;
    signer.unsigned_attributes = std::move(*attributes);
  }
  return reader.done() ? std::optional{std::move(signer)} : std::nullopt;
}

bool parse_digests(der::Reader& reader, SignedData& data) {
  auto const set = reader.take(der::set);
  if (!set) return false;
  auto const elements = der::children(set->content);
  if (!elements || elements->size() > k_digest_algorithms_max) return false;
  for (auto const& element : *elements) {
    auto algorithm = parse_algorithm(element);
    if (!algorithm) return false;
    data.digests.push_back(std::move(*algorithm));
  }
  return true;
}

bool parse_content(der::Reader& reader, SignedData& data) {
  auto const info = reader.take(der::sequence);
  if (!info) return false;
  der::Reader parts{info->content};
  auto const type = parts.take(der::object_id);
  if (!type) return false;
  auto text = der::oid_text(type->content);
  if (!text) return false;
  data.content_type = std::move(*text);
  if (parts.done()) return true;
  auto const explicit_content = parts.take(der::context_constructed(0));
  if (!explicit_content || !parts.done()) return false;
  auto const content = der::first(explicit_content->content);
  if (!content || content->whole.size() != explicit_content->content.size()) return false;
  if ((content->tag & 0xdf) != der::octet_string) return false;
  data.content = der::octets(*content);
  return data.content.has_value();
}

bool parse_certificates(der::Reader& reader, SignedData& data) {
  if (auto const set = reader.take(der::context_constructed(0))) {
    auto const elements = der::children(set->content);
    if (!elements || elements->size() > k_certificates_max) return false;
    for (auto const& element : *elements) {
      if (element.tag != der::sequence) return false;  // attribute and other certificates
      data.certificates.push_back(element.whole);
    }
  }
  // Revocation data comes from sources of ours, so what a signer brings along is passed over.
  reader.take(der::context_constructed(1));
  return true;
}

bool parse_signers(der::Reader& reader, SignedData& data) {
  auto const set = reader.take(der::set);
  if (!set || !reader.done()) return false;
  auto const elements = der::children(set->content);
  if (!elements || elements->size() > k_certificates_max) return false;
  for (auto const& element : *elements) {
    auto signer = parse_signer(element);
    if (!signer) return false;
    data.signers.push_back(std::move(*signer));
  }
  return true;
}

/// What lies inside the two wrappers of ContentInfo.
Parsed<der::Element> open_content_info(std::string_view cms) {
  auto const outer = der::first(cms);
  if (!outer || outer->tag != der::sequence) return malformed();
  if (outer->whole.size() != cms.size()) return std::unexpected("signature.trailing_bytes");
  der::Reader reader{outer->content};
  auto const type = reader.take(der::object_id);
  auto const content = reader.take(der::context_constructed(0));
  if (!type || !content || !reader.done()) return malformed();
  if (der::oid_text(type->content) != oids::k_signed_data) return malformed();
  auto const data = der::first(content->content);
  if (!data || data->tag != der::sequence || data->whole.size() != content->content.size())
    return malformed();
  return *data;
}

}  // namespace

std::optional<Algorithm> parse_algorithm(der::Element const& element) {
  if (element.tag != der::sequence) return std::nullopt;
  der::Reader reader{element.content};
  auto const oid = reader.take(der::object_id);
  if (!oid) return std::nullopt;
  auto text = der::oid_text(oid->content);
  if (!text) return std::nullopt;
  Algorithm algorithm{.oid = std::move(*text), .parameters = {}};
  if (reader.done()) return algorithm;
  auto const parameters = reader.take_any();
  if (!parameters || !reader.done()) return std::nullopt;
  algorithm.parameters = parameters->whole;
  return algorithm;
}

Parsed<std::string> unwrap_cms(std::string_view carrier) {
  if (carrier.size() > k_attached_cms_bytes_max) return std::unexpected("signature.too_large");
  if (carrier.empty()) return std::unexpected("signature.missing");
  if (carrier.front() == der::sequence) return std::string{carrier};
  auto const text = trim(carrier);
  for (std::string_view const label : {"CMS", "PKCS7"}) {
    auto const body = armoured(text, label);
    if (!body) continue;
    auto decoded = decode_base64(*body);
    if (!decoded || decoded->empty()) return malformed();
    return std::move(*decoded);
  }
  auto decoded = decode_base64(text);
  if (!decoded || decoded->empty()) return malformed();
  return std::move(*decoded);
}

Parsed<SignedData> parse_signed_data(std::string_view cms) {
  auto const inside = open_content_info(cms);
  if (!inside) return std::unexpected(inside.error());
  SignedData data;
  der::Reader reader{inside->content};
  auto const version = reader.take(der::integer);
  if (!version) return malformed();
  auto const number = der::small_integer(version->content);
  if (!number || *number < 1 || *number > 5) return malformed();
  data.version = *number;
  if (!parse_digests(reader, data) || !parse_content(reader, data) ||
      !parse_certificates(reader, data) || !parse_signers(reader, data))
    return malformed();
  return data;
}

der::Element const* only_value(std::vector<Attribute> const& attributes, std::string_view oid) {
  der::Element const* found = nullptr;
  for (auto const& attribute : attributes) {
    if (attribute.oid != oid) continue;
    if (found != nullptr || attribute.values.size() != 1) return nullptr;
    found = &attribute.values.front();
  }
  return found;
}

std::size_t count(std::vector<Attribute> const& attributes, std::string_view oid) {
  return static_cast<std::size_t>(std::ranges::count(attributes, oid, &Attribute::oid));
}

Parsed<std::string> unwrap_pem_or_der(std::string_view bytes) {
  if (bytes.size() > k_crl_bytes_max) return std::unexpected("signature.too_large");
  if (!bytes.empty() && bytes.front() == der::sequence) return std::string{bytes};
  auto const begin = bytes.find("-----BEGIN ");
  if (begin == std::string_view::npos) {
    auto decoded = decode_base64(bytes);
    return decoded && !decoded->empty() ? Parsed<std::string>{std::move(*decoded)} : malformed();
  }
  auto const label_end = bytes.find("-----", begin + 11);
  if (label_end == std::string_view::npos) return malformed();
  auto const end = bytes.find("-----END ", label_end);
  if (end == std::string_view::npos) return malformed();
  auto decoded = decode_base64(bytes.substr(label_end + 5, end - label_end - 5));
  return decoded && !decoded->empty() ? Parsed<std::string>{std::move(*decoded)} : malformed();
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t buffer = 0;
  int bits = 0;
  std::size_t symbols = 0, padding = 0;
  for (char const c : text) {
    if (k_blank.find(c) != std::string_view::npos) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    auto const value = k_alphabet.find(c);
    if (value == std::string_view::npos || padding != 0) return std::nullopt;
    ++symbols;
    buffer = buffer << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(buffer >> bits & 0xff);
  }
  if ((symbols + padding) % 4 != 0 || padding > 2) return std::nullopt;
  if ((buffer & ((1U << bits) - 1)) != 0) return std::nullopt;
  return out;
}

std::string encode_base64(std::string_view bytes, std::size_t line) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    auto const size = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < size ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += j <= size ? k_alphabet[group >> (18 - 6 * j) & 63] : '=';
    column += 4;
    if (line != 0 && column >= line && i + 3 < bytes.size()) {
      out += '\n';
      column = 0;
    }
  }
  return out;
}

}  // namespace qyzmet::signing
