import Analysis

/// Cuts `key=value,key@=file,flag` into its settings.
///
/// A comma separates only before `key=` or `key@=` of a known key, or before a known flag that
/// stands alone; so values may hold commas. A comma behind a backslash never separates.
struct SettingsSplitter {
  struct Piece: Hashable {
    var key: String
    /// As it was typed, escapes included; `nil` for a flag that stands alone.
    var value: [UInt8]?
    /// Whether the value is the name of a file that holds it (`key@=`).
    var isFile = false
  }

  private let text: [UInt8]
  private let keys: [[UInt8]]
  private let flags: [[UInt8]]

  private init(_ text: [UInt8], settings: [Setting]) {
    self.text = text
    keys = settings.map { Array($0.key.utf8) }
    flags = settings.filter { $0.kind == .flag }.map { Array($0.key.utf8) }
  }

  /// The settings in `text`, in order. Throws a clause for the first one that is not known.
  static func split(_ text: [UInt8], settings: [Setting]) throws(OptionError) -> [Piece] {
    if text.isEmpty { return [] }
    let splitter = Self(text, settings: settings)
    var pieces: [Piece] = []
    var start = 0
    for end in splitter.separators() + [text.count] {
      pieces.append(try splitter.piece(start..<end, settings: settings))
      start = end + 1
    }
    return pieces
  }

  /// Where the commas that separate are. From right to left, because a flag stands alone only when
  /// what follows it is the end or a comma that separates.
  private func separators() -> [Int] {
    let commas = unescapedCommas()
    var result: [Int] = []
    var next = text.count
    for comma in commas.reversed() where startsSetting(comma + 1, next: next) {
      result.append(comma)
      next = comma
    }
    return result.reversed()
  }

  private func unescapedCommas() -> [Int] {
    var commas: [Int] = []
    var index = 0
    while index < text.count {
      if text[index] == UInt8(ascii: "\\") {
        index += 2
        continue
      }
      if text[index] == UInt8(ascii: ",") { commas.append(index) }
      index += 1
    }
    return commas
  }

  private func startsSetting(_ start: Int, next: Int) -> Bool {
    let rest = text[start...]
    return flags.contains { start + $0.count == next && rest.starts(with: $0) }
      || keys.contains { key in
        guard rest.starts(with: key) else { return false }
        let behind = rest.dropFirst(key.count)
        return behind.starts(with: "=".utf8) || behind.starts(with: "@=".utf8)
      }
  }

  private func piece(_ range: Range<Int>, settings: [Setting]) throws(OptionError) -> Piece {
    let part = text[range]
    guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
      let word = String(decoding: part, as: UTF8.self)
      if flags.contains(Array(part)) { return Piece(key: word) }
      throw unknown(word, settings: settings)
    }
    var name = part[..<equals]
    let isFile = name.last == UInt8(ascii: "@")
    if isFile { name = name.dropLast() }
    let key = String(decoding: name, as: UTF8.self)
    guard keys.contains(Array(name)) else { throw unknown(key, settings: settings) }
    return Piece(key: key, value: Array(part[(equals + 1)...]), isFile: isFile)
  }

  private func unknown(_ word: String, settings: [Setting]) -> OptionError {
    let known = settings.map(\.key)
    if known.contains(word) { return OptionError("\(word): a value is missing (\(word)=...)") }
    let hint = NearestName.hint(for: word, among: known)
    return OptionError(
      "there is no setting '\(word)'\(hint); there are \(known.joined(separator: ", "))")
  }
}
