#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "qyzmet-vault-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

std::string bytes_of(fs::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}
void put(fs::path const& path, std::string const& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

TEST(Vault, OpensOnlyWhatItSealedInThatPlace) {
  auto const keys = vault();
  Place const here{.table = "person", .column = "iin", .row = "1"};
  auto const sealed = keys->seal("900101300123", here);
  EXPECT_EQ(sealed.value.find("9001"), std::string::npos);
  EXPECT_NE(keys->seal("900101300123", here), sealed);
  EXPECT_EQ(keys->open(sealed, here), "900101300123");
  for (auto const& there : {Place{.table = "person", .column = "iin", .row = "2"},
                            Place{.table = "person", .column = "contacts", .row = "1"},
                            Place{.table = "personi", .column = "in", .row = "1"}})
    EXPECT_THROW(keys->open(sealed, there), SealBroken);
  EXPECT_THROW(Vault::from_text(Vault::generate())->open(sealed, here), SealBroken);
}

TEST(Vault, NoticesEveryAlteredByte) {
  Place const here{.table = "t", .column = "c", .row = "1"};
  auto const sealed = vault()->seal("secret", here);
  for (std::size_t i = 0; i < sealed.value.size(); ++i) {
    auto altered = sealed;
    altered.value[i] = static_cast<char>(altered.value[i] ^ 1);
    EXPECT_THROW(vault()->open(altered, here), SealBroken) << i;
    EXPECT_THROW(vault()->open({sealed.value.substr(0, i)}, here), SealBroken) << i;
  }
}

TEST(Vault, SealsWithTheNewestKeyAndOpensWithAll) {
  std::string const old_key(64, '1'), lookup = "lookup:" + std::string(64, '3') + "\n";
  auto const before = Vault::from_text("1:" + old_key + "\n" + lookup);
  auto const after =
      Vault::from_text("1:" + old_key + "\n2:" + std::string(64, '2') + "\n" + lookup);
  Place const here{.table = "t", .column = "c", .row = "1"};
  EXPECT_EQ(after->open(before->seal("x", here), here), "x");
  EXPECT_THROW(before->open(after->seal("x", here), here), SealBroken);
  EXPECT_EQ(before->lookup("iin", "1"), after->lookup("iin", "1"));
  EXPECT_NE(before->lookup("iin", "1"), before->lookup("number", "1"));
  EXPECT_THROW(Vault::from_text("1:zz\n"), std::runtime_error);
  EXPECT_THROW(Vault::from_text(lookup), std::runtime_error);
}

TEST(Vault, KeepsItsKeyFileFromOthers) {
  Folder const folder;
  auto const file = folder.path / "vault.key";
  auto const first = Vault::load_or_create(file);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  auto const again = Vault::load_or_create(file);
  EXPECT_EQ(first->lookup("a", "b"), again->lookup("a", "b"));
  EXPECT_EQ(std::distance(fs::directory_iterator{folder.path}, fs::directory_iterator{}), 1);
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  EXPECT_THROW(Vault::load(file), std::runtime_error);
}

TEST(SealedFile, ComesBackWholeAtEverySizeAroundAChunk) {
  Folder const folder;
  for (std::size_t const size :
       {std::size_t{0}, std::size_t{1}, k_seal_chunk_bytes - 1, k_seal_chunk_bytes,
        k_seal_chunk_bytes + 1, 3 * k_seal_chunk_bytes}) {
    auto const plain = random_bytes(size);
    auto const path = folder.path / std::to_string(size);
    FileSealer sealer{*vault(), path};
    for (std::size_t from = 0; from < size; from += 10'000)
      sealer.write(std::string_view{plain}.substr(from, 10'000));
    auto const done = sealer.finish();
    EXPECT_EQ(done.size, size);
    EXPECT_EQ(done.sha256, to_hex(sha256(plain)));
    EXPECT_EQ(open_file(*vault(), path, size), plain);
    if (size > 0) {
      EXPECT_THROW(open_file(*vault(), path, size - 1), SealBroken);
    }
  }
}

TEST(SealedFile, CannotBeCutReorderedOrMixed) {
  Folder const folder;
  auto const path = folder.path / "a", other = folder.path / "b";
  auto const chunk = k_seal_chunk_bytes + 16, head = std::size_t{12};
  for (auto const& one : {path, other}) {
    FileSealer sealer{*vault(), one};
    sealer.write(std::string(3 * k_seal_chunk_bytes, 'x'));
    sealer.finish();
  }
  auto const good = bytes_of(path), foreign = bytes_of(other);
  auto const part = [&](std::string const& from, std::size_t n) {
    return from.substr(head + n * chunk, chunk);
  };
  auto const start = good.substr(0, head);
  for (auto const& bad : {start + part(good, 0) + part(good, 1), start + part(good, 0), start,
                          start + part(good, 1) + part(good, 0) + part(good, 2),
                          start + part(good, 0) + part(foreign, 1) + part(good, 2),
                          start + part(good, 0) + part(good, 2), good + "x"}) {
    put(path, bad);
    EXPECT_THROW(open_file(*vault(), path, 1'000'000), SealBroken);
  }
  put(path, good);
  EXPECT_NO_THROW(open_file(*vault(), path, 1'000'000));
}

TEST(SealedFile, IsRemovedWhenItWasNeverFinished) {
  Folder const folder;
  auto const path = folder.path / "half";
  {
    FileSealer{*vault(), path}.write("abc");
  }
  EXPECT_FALSE(fs::exists(path));
}

class VaultInDatabase : public DatabaseTest {};

TEST_F(VaultInDatabase, TwoPersonsCannotSwapTheirSealedColumns) {
  auto const a = person(1), b = person(2);
  connection.script(
      "update person p set iin_sealed = o.iin_sealed from person o where p.id <> o.id");
  EXPECT_THROW(find_person(connection, a), SealBroken);
  EXPECT_THROW(find_person(connection, b), SealBroken);
}

TEST_F(VaultInDatabase, NoIinOrContactStandsInClear) {
  auto const one = scene();
  started(one, one.person);
  static Sql const dump{"dump",
                        "select p::text from person p union all select c::text from cases c"};
  for (auto const& [row] : connection.query<std::string>(dump)) {
    EXPECT_EQ(row.find("900101100001"), std::string::npos);
    EXPECT_EQ(row.find("7701100001"), std::string::npos);
  }
}

}  // namespace qyzmet::db::tests
