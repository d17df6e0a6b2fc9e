import CPCRE2

/// Applies literal rules to a whole stream in the plainest way.
func replaced(
  _ stream: [UInt8], _ rules: [(find: [UInt8], with: [UInt8])], limit: Int = .max,
  nocase: Bool = false
) -> [UInt8] {
  func fold(_ byte: UInt8) -> UInt8 { nocase && (65...90).contains(byte) ? byte + 32 : byte }
  func stands(_ find: [UInt8], at place: Int) -> Bool {
    stream.count - place >= find.count
      && find.indices.allSatisfy { fold(stream[place + $0]) == fold(find[$0]) }
  }
  var output: [UInt8] = []
  var place = 0
  var count = 0
  while place < stream.count {
    let rule = rules.first { stands($0.find, at: place) }
    if let rule, count < limit {
      output += rule.with
      place += rule.find.count
      count += 1
    } else {
      output.append(stream[place])
      place += 1
    }
  }
  return output
}

/// Applies rules of both kinds to a whole stream, trying all of them at each place. The pattern of one
/// is a regular expression where it begins with a slash.
func replaced(_ stream: [UInt8], rules: [(find: String, with: String)]) -> [UInt8] {
  let codes = rules.map { rule in
    var error: Int32 = 0
    var offset = 0
    let isRegex = rule.find.hasPrefix("/")
    let pattern = Array(rule.find.utf8.dropFirst(isRegex ? 1 : 0))
    let options = PCRE2_ANCHORED | (isRegex ? 0 : PCRE2_LITERAL)
    return pcre2_compile_8(pattern, pattern.count, options, &error, &offset, nil)!
  }
  let data = pcre2_match_data_create_8(1, nil)!
  defer {
    pcre2_match_data_free_8(data)
    for code in codes { pcre2_code_free_8(code) }
  }
  var output: [UInt8] = []
  var place = 0
  while place < stream.count {
    let rule = codes.firstIndex {
      pcre2_match_8($0, stream, stream.count, place, UInt32(PCRE2_NOTEMPTY), data, nil) >= 0
    }
    if let rule {
      output += rules[rule].with.utf8
      place = pcre2_get_ovector_pointer_8(data)![1]
    } else {
      output.append(stream[place])
      place += 1
    }
  }
  return output
}

/// Applies a regular expression to a whole stream with PCRE2 alone. What stands in the place of a match
/// is told by its groups.
func replaced(
  _ stream: [UInt8], regex: String, caseless: Bool = false, with make: ([[UInt8]]) -> [UInt8]
) -> [UInt8] {
  var error: Int32 = 0
  var offset = 0
  let pattern = Array(regex.utf8)
  let code = pcre2_compile_8(
    pattern, pattern.count, caseless ? PCRE2_CASELESS : 0, &error, &offset, nil)!
  let data = pcre2_match_data_create_from_pattern_8(code, nil)!
  defer {
    pcre2_match_data_free_8(data)
    pcre2_code_free_8(code)
  }
  var output: [UInt8] = []
  var place = 0
  while place < stream.count {
    let count = pcre2_match_8(
      code, stream, stream.count, place, UInt32(PCRE2_NOTEMPTY), data, nil)
    if count < 0 { break }
    let ends = pcre2_get_ovector_pointer_8(data)!
    let groups = (0..<Int(pcre2_get_ovector_count_8(data))).map { group -> [UInt8] in
      group < count && ends[2 * group] >= 0
        ? Array(stream[ends[2 * group]..<ends[2 * group + 1]]) : []
    }
    output += stream[place..<ends[0]] + make(groups)
    place = ends[1]
  }
  return output + stream[place...]
}
