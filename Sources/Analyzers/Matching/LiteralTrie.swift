/// Literals as a tree of their bytes: tells which of them stands at a place, looking at each byte once.
/// Where several do, it is the one that is listed first.
struct LiteralTrie: Sendable {
  private struct Node {
    /// The byte that leads here.
    var byte: UInt8
    /// Index of the first node that follows on this one, and of the next one that follows on the
    /// same; negative for none.
    var firstChild: Int32 = -1
    var sibling: Int32 = -1
    /// The rule whose literal ends here, and the first of those whose literals go on.
    var rule = Int32.max
    var firstRuleBelow = Int32.max
  }

  /// The first 256 stand for the first bytes of literals.
  private var nodes: [Node]
  private let isCaseless: Bool

  enum Finding: Hashable {
    case none
    case match(rule: Int, length: Int)
    /// What stands there may be a literal of this rule, which would go on behind the end.
    case open(rule: Int)
  }

  init(isCaseless: Bool) {
    self.isCaseless = isCaseless
    nodes = (0...255).map { Node(byte: UInt8($0)) }
  }

  /// Adds a literal, which is not empty, of a rule that is listed behind those before it.
  mutating func add(_ literal: [UInt8], rule: Int) {
    var place = Int(fold(literal[0]))
    for byte in literal.dropFirst() {
      nodes[place].firstRuleBelow = min(nodes[place].firstRuleBelow, Int32(rule))
      place = follow(fold(byte), from: place) ?? append(fold(byte), to: place)
    }
    nodes[place].rule = min(nodes[place].rule, Int32(rule))
  }

  private func follow(_ byte: UInt8, from place: Int) -> Int? {
    var next = nodes[place].firstChild
    while next >= 0, nodes[Int(next)].byte != byte { next = nodes[Int(next)].sibling }
    return next >= 0 ? Int(next) : nil
  }

  private mutating func append(_ byte: UInt8, to place: Int) -> Int {
    nodes.append(Node(byte: byte, sibling: nodes[place].firstChild))
    nodes[place].firstChild = Int32(nodes.count - 1)
    return nodes.count - 1
  }

  /// Whether a literal begins with a byte.
  func begins(with byte: UInt8) -> Bool {
    let node = nodes[Int(fold(byte))]
    return node.rule != .max || node.firstChild >= 0
  }

  /// The literal that begins at a place.
  ///
  /// - Parameter mayContinue: whether bytes may follow the last ones.
  func finding(in bytes: Span<UInt8>, at start: Int, mayContinue: Bool) -> Finding {
    let nodes = nodes.span
    var best: (rule: Int32, length: Int) = (.max, 0)
    var node = nodes[Int(fold(bytes[start]))]
    var end = start + 1
    while true {
      if node.rule < best.rule { best = (node.rule, end - start) }
      if node.firstRuleBelow >= best.rule { break }
      if end == bytes.count {
        if mayContinue { return .open(rule: Int(node.firstRuleBelow)) }
        break
      }
      let byte = fold(bytes[end])
      var next = node.firstChild
      while next >= 0, nodes[Int(next)].byte != byte { next = nodes[Int(next)].sibling }
      if next < 0 { break }
      node = nodes[Int(next)]
      end += 1
    }
    return best.rule == .max ? .none : .match(rule: Int(best.rule), length: best.length)
  }

  private func fold(_ byte: UInt8) -> UInt8 { isCaseless ? byte.lowercased : byte }
}

extension UInt8 {
  /// The small letter, of an ASCII letter.
  var lowercased: UInt8 { (65...90).contains(self) ? self | 0x20 : self }
  var isLetter: Bool { (97...122).contains(self | 0x20) }
}
