#pragma once
// A set of small numbers, one bit each: as a std::set of them, in their order, but that joining two
// costs next to nothing. A value; internal to engine/.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace qyzmet::engine {

class NumberSet {
 public:
  class Iterator {
   public:
    using value_type = std::int32_t;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using pointer = void;
    using reference = std::int32_t;
    Iterator() = default;
    Iterator(std::vector<std::uint64_t> const& words, std::size_t word)
        : words_{&words}, word_{word}, rest_{word < words.size() ? words[word] : 0} {
      skip();
    }
    std::int32_t operator*() const {
      return std::int32_t(word_ * 64) + std::int32_t(std::countr_zero(rest_));
    }
    Iterator& operator++() {
      rest_ &= rest_ - 1;
      skip();
      return *this;
    }
    Iterator operator++(int) {
      auto const before = *this;
      ++*this;
      return before;
    }
    bool operator==(Iterator const&) const = default;

   private:
    void skip() {
      while (rest_ == 0 && word_ < words_->size())
        rest_ = ++word_ < words_->size() ? (*words_)[word_] : 0;
    }

    std::vector<std::uint64_t> const* words_ = nullptr;
    std::size_t word_ = 0;
    std::uint64_t rest_ = 0;
  };

  NumberSet() = default;
  template <class From>
  NumberSet(From from, From to) {
    insert(from, to);
  }

  void insert(std::int32_t number) {
    auto const word = std::size_t(number) / 64;
    if (words_.size() <= word) words_.resize(word + 1);
    words_[word] |= std::uint64_t{1} << (std::size_t(number) % 64);
  }
  template <class From>
  void insert(From from, From to) {
    for (; from != to; ++from) insert(*from);
  }
  void insert(NumberSet const& other) {
    if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
    for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  NumberSet without(NumberSet const& other) const {
    auto out = *this;
    for (std::size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i)
      out.words_[i] &= ~other.words_[i];
    return out;
  }

  std::size_t size() const {
    std::size_t sum = 0;
    for (auto const word : words_) sum += std::size_t(std::popcount(word));
    return sum;
  }
  Iterator begin() const { return {words_, 0}; }
  Iterator end() const { return {words_, words_.size()}; }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace qyzmet::engine
