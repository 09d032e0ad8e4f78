#include "services/portal/alphabet.hpp"

#include <algorithm>

#include "engine/base/utf8.hpp"

namespace qyzmet::portal {

namespace {

// The 42 letters of the Kazakh Cyrillic alphabet, among them the 33 of the Russian one.
constexpr std::string_view k_capitals = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ";
constexpr std::string_view k_small = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя";
constexpr unsigned char k_first = 0x80;  // above Latin letters and digits

}  // namespace

std::string alphabetical_key(std::string_view name) {
  std::string key;
  for (std::size_t at = 0; at < name.size();) {
    std::size_t const size = std::max<std::size_t>(utf8_sequence(name, at), 1);
    auto const letter = name.substr(at, size);
    at += size;
    auto place = size == 2 ? k_capitals.find(letter) : k_capitals.npos;
    if (size == 2 && place == k_capitals.npos) place = k_small.find(letter);
    if (place == k_capitals.npos)
      key += letter;
    else
      key += static_cast<char>(k_first + place / 2);
  }
  return key;
}

}  // namespace qyzmet::portal
