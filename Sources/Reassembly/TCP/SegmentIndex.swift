import Buffers
import Glibc

/// Where the segments of long lists stand, found by their offsets.
///
/// In a list that is walked along every step waits for memory. An index has the offsets of its list in
/// leaves, with a root that knows where each leaf begins: a search looks at two nodes, and at many keys
/// of a node at once.
///
/// An index may lack segments: those too far from the others, and those for which there was no memory.
/// Who searches goes on along the list from what was found.
struct SegmentIndexes: ~Copyable {
  private var nodes: ReservedArray<IndexNode>
  private var firstFree: UInt32 = 0
  /// Nodes in use.
  private var used = 0

  init(capacity: Int) { nodes = ReservedArray(capacity: capacity) }

  static var nodeCost: Int { MemoryLayout<IndexNode>.stride }

  /// What all indexes cost.
  var bytes: Int { used &* Self.nodeCost }

  /// An index for offsets around one; its number is not 0. `nil` when there is no room.
  mutating func make(around offset: UInt64) -> UInt32? {
    guard let root = makeNode() else { return nil }
    nodes[root].base = offset
    return UInt32(root &+ 1)
  }

  mutating func release(_ number: UInt32) {
    let root = Int(number) &- 1
    for place in 0..<nodes[root].count { release(node: Int(nodes[root].link(place))) }
    release(node: root)
  }

  /// How many segments an index has.
  func count(_ number: UInt32) -> Int { Int(nodes[Int(number) &- 1].total) }

  /// The last segment of an index that begins before an offset, the one before that and the one behind
  /// it; 0 for none, and for one behind that stands in another leaf.
  mutating func last(
    before offset: UInt64, in number: UInt32
  ) -> (link: UInt32, previous: UInt32, next: UInt32) {
    let root = nodes.reference(to: Int(number) &- 1)
    prefetchLinks(Int(number) &- 1)
    // One too far away lies behind all keys, or before them.
    let key = Int32(clamping: Int64(bitPattern: offset &- root.element.base))
    let position = root.element.count(before: key) &- 1
    guard position >= 0 else { return (0, 0, 0) }
    let leaf = nodes.reference(to: Int(root.element.link(position)))
    prefetchLinks(Int(root.element.link(position)))
    let place = leaf.element.count(before: key)
    if place == 0 { return (0, 0, 0) }
    let link = leaf.element.link(place &- 1)
    let next = place < leaf.element.count ? leaf.element.link(place) : 0
    if place > 1 { return (link, leaf.element.link(place &- 2), next) }
    if position == 0 { return (link, 0, next) }
    let before = nodes.reference(to: Int(root.element.link(position &- 1)))
    return (link, before.element.link(before.element.count &- 1), next)
  }

  /// All of them, for which one it will be is known only when the keys are there.
  @inline(__always)
  private func prefetchLinks(_ node: Int) {
    for line in stride(from: IndexNode.linksOffset, to: Self.nodeCost, by: 64) {
      nodes.prefetch(node, offset: line)
    }
  }

  /// Adds a segment that begins at an offset, where no other one does. `mayGrow` says whether there is
  /// memory for another node.
  mutating func insert(_ link: UInt32, at offset: UInt64, in number: UInt32, mayGrow: Bool) {
    let root = nodes.reference(to: Int(number) &- 1)
    guard let key = root.element.key(of: offset) else { return }
    var position = max(root.element.count(before: key) &- 1, 0)
    if root.element.count == 0 || nodes[Int(root.element.link(position))].isFull {
      guard mayGrow, !root.element.isFull, let new = makeNode() else { return }
      if root.element.count == 0 {
        root.element.insert(key, UInt32(new), at: 0)
      } else {
        nodes[Int(root.element.link(position))].moveHalf(to: nodes.reference(to: new))
        let first = nodes[new].key(0)
        root.element.insert(first, UInt32(new), at: position &+ 1)
        if first < key { position &+= 1 }
      }
    }
    let leaf = nodes.reference(to: Int(root.element.link(position)))
    leaf.element.insert(key, link, at: leaf.element.count(before: key))
    root.element.setKey(leaf.element.key(0), at: position)
    root.element.total &+= 1
  }

  /// Takes a segment out, if it is there.
  mutating func remove(at offset: UInt64, from number: UInt32) {
    let root = nodes.reference(to: Int(number) &- 1)
    guard let key = root.element.key(of: offset) else { return }
    // The last leaf that begins with it or before it.
    let position = root.element.count(before: key &+ 1) &- 1
    guard position >= 0 else { return }
    let number = Int(root.element.link(position))
    let leaf = nodes.reference(to: number)
    let place = leaf.element.count(before: key)
    guard place < leaf.element.count, leaf.element.key(place) == key else { return }
    leaf.element.remove(at: place)
    root.element.total &-= 1
    if leaf.element.count == 0 {
      release(node: number)
      root.element.remove(at: position)
      return
    }
    root.element.setKey(leaf.element.key(0), at: position)
    if leaf.element.count < IndexNode.capacity / 4 { merge(around: position, root) }
  }

  /// Puts a leaf that has become small together with a neighbor, where that has room.
  private mutating func merge(around position: Int, _ root: ElementReference<IndexNode>) {
    for left in [position, position &- 1] where left >= 0 {
      let right = left &+ 1
      guard right < root.element.count else { continue }
      let (first, second) = (Int(root.element.link(left)), Int(root.element.link(right)))
      let sum = nodes[first].count &+ nodes[second].count
      guard sum <= IndexNode.capacity * 3 / 4 else { continue }
      nodes[first].append(nodes.reference(to: second))
      release(node: second)
      root.element.remove(at: right)
      return
    }
  }

  private mutating func makeNode() -> Int? {
    if firstFree != 0 {
      let node = Int(firstFree) &- 1
      firstFree = nodes[node].total
      nodes[node] = IndexNode()
      used &+= 1
      return node
    }
    guard !nodes.isFull else { return nil }
    nodes.append(IndexNode())
    used &+= 1
    return nodes.count &- 1
  }

  private mutating func release(node: Int) {
    nodes[node].total = firstFree
    firstFree = UInt32(node &+ 1)
    used &-= 1
  }
}

/// A root or a leaf: keys in ascending order, each with the number of what begins there, a leaf or a
/// segment. Less than fifteen cache lines.
///
/// With leaves that are half full on average a root reaches over more segments than a list ever has.
/// Its methods are `mutating` even where they only look, so that it is lent without a copy.
struct IndexNode: BitwiseCopyable {
  static var capacity: Int { 112 }
  /// Where the links begin: behind the fields in front and the keys.
  static var linksOffset: Int { 16 &+ capacity &* 4 }

  /// Of a root: the offset of key 0.
  var base: UInt64 = 0
  /// Of a root: the segments in all leaves. Of a node that is not in use: index + 1 of another one.
  var total: UInt32 = 0
  private var used: UInt32 = 0
  /// In blocks, which are searched at once; behind the last one there is none that a search would find.
  private var keys: [7 of SIMD16<Int32>] = InlineArray(repeating: SIMD16(repeating: .max))
  private var links: [112 of UInt32] = InlineArray(repeating: 0)

  var count: Int {
    @inline(__always) mutating get { Int(used) }
  }
  var isFull: Bool {
    @inline(__always) mutating get { count == Self.capacity }
  }

  /// `nil` for an offset that is too far away.
  @inline(__always)
  mutating func key(of offset: UInt64) -> Int32? {
    let distance = Int64(bitPattern: offset &- base)
    return distance >= Int64(Int32.min) && distance < Int64(Int32.max) ? Int32(distance) : nil
  }

  @inline(__always)
  mutating func key(_ place: Int) -> Int32 { keys[place >> 4][place & 15] }

  @inline(__always)
  mutating func setKey(_ key: Int32, at place: Int) { keys[place >> 4][place & 15] = key }

  @inline(__always)
  mutating func link(_ place: Int) -> UInt32 { links[place] }

  /// How many keys are smaller than one: without a branch that depends on what is found, which could not
  /// be guessed, and with all blocks asked for at once.
  @inline(__always)
  mutating func count(before key: Int32) -> Int {
    var block = 0
    for other in 0..<6 { block &+= keys[other][15] < key ? 1 : 0 }
    return block &* 16 &+ keys[block].count(before: key)
  }

  mutating func insert(_ key: Int32, _ link: UInt32, at place: Int) {
    move(from: place, to: place &+ 1, count &- place)
    setKey(key, at: place)
    links[place] = link
    used &+= 1
  }

  mutating func remove(at place: Int) {
    move(from: place &+ 1, to: place, count &- place &- 1)
    used &-= 1
    setKey(.max, at: count)
  }

  /// Moves its second half to a node that is empty.
  mutating func moveHalf(to other: ElementReference<Self>) {
    let kept = count / 2
    for place in kept..<count {
      other.element.setKey(key(place), at: place &- kept)
      other.element.links[place &- kept] = links[place]
      setKey(.max, at: place)
    }
    other.element.used = UInt32(count &- kept)
    used = UInt32(kept)
  }

  mutating func append(_ other: ElementReference<Self>) {
    for place in 0..<other.element.count {
      setKey(other.element.key(place), at: count &+ place)
      links[count &+ place] = other.element.links[place]
    }
    used &+= other.element.used
  }

  private mutating func move(from source: Int, to target: Int, _ count: Int) {
    precondition(min(source, target) >= 0 && max(source, target) &+ count <= Self.capacity)
    unsafe withUnsafeMutableBytes(of: &keys) { bytes in
      let base = unsafe bytes.baseAddress!
      unsafe memmove(base + target &* 4, base + source &* 4, count &* 4)
    }
    unsafe withUnsafeMutableBytes(of: &links) { bytes in
      let base = unsafe bytes.baseAddress!
      unsafe memmove(base + target &* 4, base + source &* 4, count &* 4)
    }
  }
}

extension SIMD16<Int32> {
  @inline(__always)
  fileprivate func count(before key: Int32) -> Int {
    let smaller = self .< Self(repeating: key)
    return Int(Self(repeating: 0).replacing(with: Self(repeating: 1), where: smaller).wrappedSum())
  }
}
