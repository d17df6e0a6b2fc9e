/// Literals as an automaton (Aho and Corasick, 1975) that reads a stream from the front, each byte once.
///
/// A state stands for the last bytes that were read, which may be the beginning of a literal. Where the
/// next byte does not continue it, the matches in these bytes are known, and the state *falls* to a
/// shorter one: all of that depends on the literals alone, and is worked out beforehand. Matches do not
/// overlap; the one that begins first is taken, and of several that begin at one place the one that is
/// listed first.
struct LiteralAutomaton: Sendable {
  /// A match, by its place among the bytes of a state or of a chunk.
  struct Match: Hashable, Sendable {
    var start: Int
    var length: Int
    var rule: Int
    var end: Int { start + length }
  }

  private struct Node {
    /// How many bytes lead here.
    var depth: Int32
    /// The nodes that follow on this one stand next to each other.
    var firstChild: Int32 = 0
    var childCount: Int32 = 0
    var isLeaf: Bool
    /// Where the node has many of them: which table tells them apart; negative for none.
    var table: Int32 = -1
    /// The longest literal that its bytes begin with, 0 for none, and its rule.
    var matchLength: Int32 = 0
    var matchRule = Int32.max
    /// The first rule whose literals go on behind its bytes.
    var firstRuleBelow = Int32.max
    /// Where it falls to: the state of its bytes behind that literal, or without one behind the first.
    var fall = LiteralAutomaton.root
    /// The matches in these that were known with the last byte: a range of `inner`. Those that were
    /// known before belong to a node in front of it; negative for none.
    var innerStart: Int32 = 0
    var innerCount: Int32 = 0
    var earlier: Int32 = -1
  }

  typealias State = Int32

  /// No byte is the beginning of anything.
  static let root: State = 0

  private var nodes: [Node]
  /// The byte that leads to each node.
  private var bytes: [UInt8]
  private var tables: [Int32] = []
  private var inner: [Match] = []
  private let isCaseless: Bool

  /// - Parameter literals: not empty, in the order of their rules.
  init(_ literals: [(bytes: [UInt8], rule: Int)], isCaseless: Bool) {
    self.isCaseless = isCaseless
    var trie = LiteralTrie()
    for literal in literals {
      trie.add(isCaseless ? literal.bytes.map(\.lowercased) : literal.bytes, rule: literal.rule)
    }
    nodes = [Node(depth: 0, isLeaf: false)]
    bytes = [0]
    // Level by level, so that a node falls to one that is complete.
    var places: [Int32] = [0]
    var index = 0
    while index < nodes.count {
      nodes[index].firstChild = Int32(nodes.count)
      trie.forEachChild(of: places[index]) { place, byte, rule, isLeaf in
        places.append(place)
        bytes.append(byte)
        append(byte, rule, isLeaf, to: index)
      }
      makeTable(of: index)
      index += 1
    }
    noteRulesBelow()
  }

  private mutating func append(_ byte: UInt8, _ rule: Int32?, _ isLeaf: Bool, to parent: Int) {
    var node = Node(depth: nodes[parent].depth + 1, isLeaf: isLeaf)
    if let rule {
      (node.matchLength, node.matchRule) = (node.depth, rule)
    } else {
      node.matchLength = nodes[parent].matchLength
      node.matchRule = nodes[parent].matchRule
      node.earlier = nodes[parent].innerCount > 0 ? Int32(parent) : nodes[parent].earlier
      if parent > 0 {
        var matches: [Match] = []
        var state = nodes[parent].fall
        var start = Int(nodes[parent].depth)
        while !step(&state, byte, at: start, &matches) {}
        start = inner.count
        inner += matches
        (node.innerStart, node.innerCount) = (Int32(start), Int32(matches.count))
        node.fall = state
      }
    }
    nodes.append(node)
    nodes[parent].childCount += 1
  }

  /// More children than a few are not looked for one by one.
  private mutating func makeTable(of index: Int) {
    let node = nodes[index]
    guard node.childCount > 8 || index == 0 else { return }
    nodes[index].table = Int32(tables.count)
    tables += [Int32](repeating: Self.root, count: 256)
    for child in node.firstChild..<(node.firstChild + node.childCount) {
      tables[Int(nodes[index].table) + Int(bytes[Int(child)])] = child
    }
  }

  private mutating func noteRulesBelow() {
    for index in nodes.indices.reversed() {
      let node = nodes[index]
      var first = Int32.max
      for child in Int(node.firstChild)..<Int(node.firstChild + node.childCount) {
        let isMatch = nodes[child].matchLength == nodes[child].depth
        first = min(first, nodes[child].firstRuleBelow, isMatch ? nodes[child].matchRule : .max)
      }
      nodes[index].firstRuleBelow = first
    }
  }

  // MARK: Reading

  /// How many of the last bytes a state stands for.
  @inline(__always)
  func depth(of state: Int32) -> Int { Int(nodes[Int(state)].depth) }

  /// The first rule whose literals the bytes of a state may become.
  func firstRule(from state: Int32) -> Int { Int(nodes[Int(state)].firstRuleBelow) }

  /// Whether a literal begins with a byte.
  func begins(with byte: UInt8) -> Bool { child(of: Self.root, fold(byte)) != Self.root }

  /// Reads a byte; whether it was taken. Otherwise the state has fallen, and the same byte is next.
  ///
  /// - Parameters:
  ///   - place: where it stands.
  ///   - matches: what is known to match now is appended, in order.
  @inline(__always)
  func step(_ state: inout Int32, _ byte: UInt8, at place: Int, _ matches: inout [Match]) -> Bool {
    let next = child(of: state, fold(byte))
    if next != Self.root {
      state = next
      let node = nodes[Int(next)]
      if node.isLeaf {
        let length = Int(node.depth)
        matches.append(
          Match(start: place + 1 - length, length: length, rule: Int(node.matchRule)))
        state = Self.root
      }
      return true
    }
    if state == Self.root { return true }
    fall(&state, endingAt: place, &matches)
    return false
  }

  /// What a state stands for does not go on.
  ///
  /// - Parameter end: behind the last byte that was read.
  func fall(_ state: inout Int32, endingAt end: Int, _ matches: inout [Match]) {
    let node = nodes[Int(state)]
    let start = end - Int(node.depth)
    if node.matchLength > 0 {
      matches.append(
        Match(start: start, length: Int(node.matchLength), rule: Int(node.matchRule)))
    }
    appendInner(of: node, from: start, &matches)
    state = node.fall
  }

  /// They are found from the last one on.
  private func appendInner(of node: Node, from start: Int, _ matches: inout [Match]) {
    if node.innerCount == 0 && node.earlier < 0 { return }
    let first = matches.count
    var node = node
    while true {
      for index in (node.innerStart..<(node.innerStart + node.innerCount)).reversed() {
        var match = inner[Int(index)]
        match.start += start
        matches.append(match)
      }
      if node.earlier < 0 { break }
      node = nodes[Int(node.earlier)]
    }
    matches[first...].reverse()
  }

  /// The state where reading had begun behind the first byte of a state, if that is the same as what it
  /// falls to; `nil` where there are matches in its bytes.
  func stateWithoutFirstByte(of state: Int32) -> Int32? {
    let node = nodes[Int(state)]
    return node.matchLength == 0 && node.innerCount == 0 && node.earlier < 0 ? node.fall : nil
  }

  @inline(__always)
  private func child(of state: Int32, _ byte: UInt8) -> Int32 {
    let node = nodes[Int(state)]
    if node.table >= 0 { return tables[Int(node.table) + Int(byte)] }
    for child in Int(node.firstChild)..<Int(node.firstChild + node.childCount)
    where bytes[child] == byte {
      return Int32(child)
    }
    return Self.root
  }

  @inline(__always)
  private func fold(_ byte: UInt8) -> UInt8 { isCaseless ? byte.lowercased : byte }
}

/// Literals as a tree of their bytes.
private struct LiteralTrie {
  private struct Node {
    var byte: UInt8
    /// Of the literal that ends here.
    var rule: Int32?
    /// The first node that follows on this one, and the next one that follows on the same; negative for
    /// none.
    var firstChild: Int32 = -1
    var sibling: Int32 = -1
  }

  private var nodes = [Node(byte: 0)]

  /// Adds a literal of a rule that is listed behind those before it: one that begins with another never
  /// matches.
  mutating func add(_ literal: [UInt8], rule: Int) {
    var place = 0
    for byte in literal {
      place = follow(byte, from: place) ?? append(byte, to: place)
      if nodes[place].rule != nil { return }
    }
    nodes[place].rule = Int32(rule)
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

  func forEachChild(
    of place: Int32,
    _ body: (_ place: Int32, _ byte: UInt8, _ rule: Int32?, _ isLeaf: Bool) -> Void
  ) {
    var next = nodes[Int(place)].firstChild
    while next >= 0 {
      let node = nodes[Int(next)]
      body(next, node.byte, node.rule, node.firstChild < 0)
      next = node.sibling
    }
  }
}

extension UInt8 {
  /// The small letter, of an ASCII letter.
  var lowercased: UInt8 { (65...90).contains(self) ? self | 0x20 : self }
  var isLetter: Bool { (97...122).contains(self | 0x20) }
}
