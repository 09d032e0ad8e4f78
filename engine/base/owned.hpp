#pragma once
// Ownership of objects of C libraries: a unique_ptr that releases with the function named in its
// type. Header-only, pure.
#include <memory>

namespace qyzmet {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Release<Free>>;

}  // namespace qyzmet
