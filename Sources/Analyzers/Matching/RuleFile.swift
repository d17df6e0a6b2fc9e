import Analysis

/// Rules, one a line:
///
///     # comment
///     FIND => WITH
///     regex:EXPRESSION => WITH
///
/// Blanks around FIND, EXPRESSION and WITH do not count (`\x20` is one that does), nor do empty lines. FIND
/// and WITH have the escapes of literals, so that FIND may begin with `\x23` (#) or hold ` \x3d> `. The last
/// ` => ` of a line separates. WITH may be empty.
struct RuleFile {
  /// Whether lines have a WITH, or else only what to find.
  var hasReplacements: Bool
  var isCaseless: Bool

  func rules(in text: [UInt8]) throws(OptionError) -> [Rule] {
    var rules: [Rule] = []
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = line.trimmed
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      do {
        rules.append(try rule(in: line))
      } catch {
        throw OptionError("line \(index + 1): \(error)")
      }
    }
    guard !rules.isEmpty else { throw OptionError("there is no rule") }
    return rules
  }

  private func rule(in line: ArraySlice<UInt8>) throws(OptionError) -> Rule {
    var find = line
    var replacement: [UInt8]?
    if hasReplacements {
      guard let arrow = line.lastArrow else { throw OptionError("expected FIND => WITH") }
      find = line[..<arrow].trimmed
      replacement = try Escapes.resolveLiteral(Array(line[(arrow + 3)...].trimmed))
    }
    let prefix = Array("regex:".utf8)
    guard find.starts(with: prefix) else {
      return try Rule(literal: try Escapes.resolveLiteral(Array(find)), with: replacement)
    }
    return try Rule(
      regex: Array(find.dropFirst(prefix.count).trimmed), isCaseless: isCaseless, with: replacement)
  }
}

extension ArraySlice<UInt8> {
  /// Without the blanks at its ends.
  fileprivate var trimmed: Self {
    var trimmed = self
    while let byte = trimmed.first, byte.isBlank { trimmed = trimmed.dropFirst() }
    while let byte = trimmed.last, byte.isBlank { trimmed = trimmed.dropLast() }
    return trimmed
  }

  /// Where the last ` =>` begins that a blank or the end follows.
  fileprivate var lastArrow: Index? {
    let arrow = Array(" =>".utf8)
    return indices.last {
      self[$0...].starts(with: arrow) && ($0 + 3 == endIndex || self[$0 + 3].isBlank)
    }
  }
}

extension UInt8 {
  fileprivate var isBlank: Bool { self == 32 || self == 9 || self == 13 }
}
