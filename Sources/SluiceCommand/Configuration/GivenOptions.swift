/// Which options the words of a command line give. The words are right: the parser took them.
struct GivenOptions: Hashable {
  /// By key, in order; of a flag an empty text for each time.
  private(set) var values: [String: [String]] = [:]
  /// Words that belong to no option.
  private(set) var loose: [String] = []

  init(_ words: some Sequence<String>, of list: OptionList) {
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      if word == "--" {
        loose += rest
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        loose.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      for name in Self.names(in: parts[0]) {
        guard let option = list.find(name) else { continue }
        let attached = parts.count == 2 ? String(parts[1]) : nil
        let value = option.isFlag ? "" : attached ?? rest.popFirst() ?? ""
        values[option.key, default: []].append(value)
      }
    }
  }

  /// `--name` is one, `-qv` are two of one letter.
  private static func names(in word: Substring) -> [String] {
    word.hasPrefix("--") ? [String(word.dropFirst(2))] : word.dropFirst().map { String($0) }
  }
}
