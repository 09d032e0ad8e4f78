# Where rules of the law are named: "id<TAB>path:line<TAB>test". Arguments: the rules, then the files.
# In a product file every mention counts; in a test only the quoted id does, which an assertion
# registers.
FNR == NR {
  if (split($0, cells, " [|] ") == 3) known[cells[1]]
  next
}
FNR == 1 {
  test = ""
  is_test = FILENAME ~ /^tests\//
}
/^TEST(_F|_P)?\(/ {
  test = $0
  sub(/^TEST[_FP]*\(/, "", test)
  sub(/\).*/, "", test)
  sub(/, */, ".", test)
}
/^}/ { test = "" }
{
  rest = $0
  before = ""
  delete seen
  while (match(rest, /((R-[A-Z]+|[RV][0-9][0-9]|INV|E)-[0-9]+|V-(BLANK|CAT|WD))/)) {
    id = substr(rest, RSTART, RLENGTH)
    before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : before
    after = substr(rest, RSTART + RLENGTH, 1)
    rest = substr(rest, RSTART + RLENGTH)
    whole = is_test ? before == "\"" && after == "\"" : before !~ /[A-Za-z0-9-]/
    before = substr(id, length(id))
    if (!whole || !(id in known) || id in seen) continue
    seen[id]
    if (test != "" && (id, FILENAME, test) in told) continue
    told[id, FILENAME, test]
    print id "\t" FILENAME ":" FNR "\t" test
  }
}
