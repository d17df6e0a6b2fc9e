/// Text in the macros of mdoc(7), which man, groff and mandoc read.
struct MdocText {
  var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  /// A macro with words that are taken as they are.
  mutating func macro(_ name: String, _ words: String...) {
    lines.append(([".\(name)"] + words.map(Self.quoted)).joined(separator: " "))
  }

  /// A macro whose words may be macros themselves.
  mutating func line(_ text: String) { lines.append("." + text) }

  mutating func prose(_ text: String) {
    // A sentence begins on a line of its own, so that its end gets the space it should have.
    for sentence in text.split(separator: ". ", omittingEmptySubsequences: true) {
      let isLast = sentence.endIndex == text.endIndex
      lines.append(Self.escaped(String(sentence)) + (isLast ? "" : "."))
    }
  }

  mutating func section(_ title: String, _ body: (inout Self) -> Void) {
    macro("Sh", title)
    body(&self)
  }

  /// Terms and what they mean.
  mutating func list(_ items: [(term: String, meaning: String)]) {
    line("Bl -tag -width Ds")
    for item in items {
      macro("It", item.term)
      prose(item.meaning)
    }
    line("El")
  }

  /// Lines as they stand.
  mutating func display(_ text: String) {
    line("Bd -literal -offset indent")
    lines += text.split(separator: "\n", omittingEmptySubsequences: false).map {
      Self.escaped(String($0))
    }
    line("Ed")
  }

  /// A backslash would begin an escape, a hyphen be a dash, a point at the start of a line a macro.
  static func escaped(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return escaped.first.map { ".'".contains($0) } == true ? "\\&" + escaped : escaped
  }

  /// One word for a macro; nothing in it is a macro or a delimiter.
  static func quoted(_ text: String) -> String {
    "\"\\&" + escaped(text).replacing("\"", with: "\"\"") + "\""
  }
}
