/// The filter for all packets, from `-f` or the remaining words.
extension AnalyzeCommand {
  /// Whoever types the name of a file means to read it, or has mistyped a command.
  func refuseWords() throws(CommandFailure) {
    guard let first = words.first else { return }
    for word in words where word == first || Self.looksLikeFile(word) {
      if FileIdentity(path: word) == nil { continue }
      throw CommandFailure(.usage, "\(word): to read a capture: sluice -r \(word)")
    }
    if Self.looksLikeFile(first) {
      throw CommandFailure(.usage, "\(first): no such file; to read a capture: sluice -r FILE")
    }
    let hint = NearestName.hint(for: first, among: RootCommand.subcommandNames)
    if !hint.isEmpty { throw .usage("unexpected word '\(first)'\(hint)") }
  }

  /// Unlike addresses, networks and conditions, which have a dot or a slash as well.
  private static func looksLikeFile(_ word: String) -> Bool {
    let isName = word.allSatisfy { !" :()[]=<>&|!".contains($0) }
    return isName && word.contains { $0 == "." || $0 == "/" } && word.first?.isNumber == false
  }

  /// `nil` when all packets are wanted.
  func filterExpression() throws(CommandFailure) -> String? {
    let joined = words.joined(separator: " ")
    if let filter = input.filter, !words.isEmpty {
      throw .usage("-f '\(filter)' and the words '\(joined)' are both filters; give one of them")
    }
    let expression = input.filter ?? joined
    if expression.allSatisfy(\.isWhitespace) { return nil }
    do {
      try Parts.checkFilter(expression)
    } catch {
      throw .usage(error.description)
    }
    return expression
  }
}
