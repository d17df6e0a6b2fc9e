/// The page of help, taken apart again for the manual: what it says is said in one place.
struct HelpPage {
  private let paragraphs: [Substring]

  init(_ text: String) {
    paragraphs = text.split(separator: "\n\n").map { paragraph in
      paragraph.hasSuffix("\n") ? paragraph.dropLast() : paragraph
    }
  }

  /// The sentence that the page begins with.
  var summary: String { paragraphs.first.map { String($0) } ?? "" }

  /// What stands behind a title and a colon.
  func paragraph(_ title: String) -> String? {
    guard let found = paragraphs.first(where: { $0.hasPrefix(title + ": ") }) else { return nil }
    return found.dropFirst(title.count + 2).split(separator: "\n").joined(separator: " ")
  }

  /// The lines of how to call it, without what they are for.
  var usages: [String] { paragraphs.count > 1 ? Self.pairs(paragraphs[1]).map(\.0) : [] }

  /// Commands and what they are for.
  var examples: [(command: String, meaning: String)] {
    paragraphs.dropFirst(2).filter { $0.hasPrefix("  sluice ") }.flatMap(Self.pairs)
  }

  /// Lines of two columns.
  private static func pairs(_ paragraph: Substring) -> [(String, String)] {
    paragraph.split(separator: "\n").map { line in
      let line = line.drop { $0 == " " }
      guard let gap = line.firstRange(of: "   ") else { return (String(line), "") }
      return (String(line[..<gap.lowerBound]), String(line[gap.upperBound...].drop { $0 == " " }))
    }
  }
}
