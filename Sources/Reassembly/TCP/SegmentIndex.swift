import Buffers

/// Where the segments of long lists stand, found by their offsets.
///
/// In a list that is walked along every step waits for memory. An index has the offsets of its list in
/// leaves of up to 63, with a root that knows where each leaf begins: a search looks at few places, and
/// these lie side by side.
///
/// An index may lack segments: those too far from the others, and those for which there was no memory.
/// Who searches goes on along the list from what was found.
struct SegmentIndexes: ~Copyable {
  private var leaves: ReservedArray<IndexLeaf>
  private var firstFreeLeaf: UInt32 = 0
  private var roots: [IndexRoot] = []
  /// Numbers of roots that are not in use.
  private var freeRoots: [UInt32] = []

  init(capacity: Int) { leaves = ReservedArray(capacity: capacity) }

  static var leafCost: Int { 512 }

  /// Leaves in use.
  private var leafCount = 0

  /// What all indexes cost.
  var bytes: Int { leafCount &* Self.leafCost }

  /// An index for offsets around one; its number is not 0.
  mutating func make(around offset: UInt64) -> UInt32 {
    let root = IndexRoot(base: offset &- 1 << 31)
    if let number = freeRoots.popLast() {
      roots[Int(number) &- 1] = root
      return number
    }
    roots.append(root)
    return UInt32(roots.count)
  }

  mutating func release(_ number: UInt32) {
    for entry in roots[Int(number) &- 1].entries { release(leaf: entry.leaf) }
    roots[Int(number) &- 1] = IndexRoot(base: 0)
    freeRoots.append(number)
  }

  /// How many segments an index has.
  func count(_ number: UInt32) -> Int { roots[Int(number) &- 1].count }

  /// The last segment of an index that begins before an offset, the one before that and the one behind
  /// it; 0 for none, and for one behind that stands in another leaf.
  mutating func last(
    before offset: UInt64, in number: UInt32
  ) -> (link: UInt32, previous: UInt32, next: UInt32) {
    let root = Int(number) &- 1
    // One too far away lies behind all keys, or before them.
    let distance = Int64(bitPattern: offset &- roots[root].base)
    let key = UInt32(clamping: distance)
    let position = roots[root].position(before: key)
    guard position >= 0 else { return (0, 0, 0) }
    let leaf = Int(roots[root].entries[position].leaf)
    // All at once: one line after the other would be waited for.
    for line in 0..<8 { leaves.prefetch(leaf, offset: line &* 64) }
    let place = leaves[leaf].count(before: key)
    if place == 0 { return (0, 0, 0) }
    let link = leaves[leaf].link(place &- 1)
    let next = place < leaves[leaf].count ? leaves[leaf].link(place) : 0
    if place > 1 { return (link, leaves[leaf].link(place &- 2), next) }
    if position == 0 { return (link, 0, next) }
    let before = Int(roots[root].entries[position &- 1].leaf)
    return (link, leaves[before].link(leaves[before].count &- 1), next)
  }

  /// Adds a segment that begins at an offset, where no other one does. `mayGrow` says whether there is
  /// memory for another leaf.
  mutating func insert(_ link: UInt32, at offset: UInt64, in number: UInt32, mayGrow: Bool) {
    let root = Int(number) &- 1
    guard let key = roots[root].key(of: offset) else { return }
    var position = max(roots[root].position(before: key), 0)
    if roots[root].entries.isEmpty || leaves[Int(roots[root].entries[position].leaf)].isFull {
      guard mayGrow, let new = makeLeaf() else { return }
      if roots[root].entries.isEmpty {
        roots[root].entries.append(IndexRoot.Entry(key: key, leaf: new))
      } else {
        let old = Int(roots[root].entries[position].leaf)
        leaves[Int(new)] = leaves[old].splitOff()
        let first = leaves[Int(new)].firstKey
        roots[root].entries.insert(IndexRoot.Entry(key: first, leaf: new), at: position &+ 1)
        if first < key { position &+= 1 }
      }
    }
    let leaf = Int(roots[root].entries[position].leaf)
    leaves[leaf].insert(key, link)
    roots[root].entries[position].key = leaves[leaf].firstKey
    roots[root].count &+= 1
  }

  /// Takes a segment out, if it is there.
  mutating func remove(at offset: UInt64, from number: UInt32) {
    let root = Int(number) &- 1
    guard let key = roots[root].key(of: offset) else { return }
    let position = roots[root].position(notBehind: key)
    guard position >= 0 else { return }
    let leaf = Int(roots[root].entries[position].leaf)
    guard leaves[leaf].remove(key) else { return }
    roots[root].count &-= 1
    if leaves[leaf].count == 0 {
      release(leaf: UInt32(leaf))
      roots[root].entries.remove(at: position)
      return
    }
    roots[root].entries[position].key = leaves[leaf].firstKey
    if leaves[leaf].count < IndexLeaf.capacity / 4 { merge(around: position, root) }
  }

  /// Puts a leaf that has become small together with a neighbor, where that has room.
  private mutating func merge(around position: Int, _ root: Int) {
    for left in [position, position &- 1] where left >= 0 {
      let right = left &+ 1
      guard right < roots[root].entries.count else { continue }
      let (first, second) = (roots[root].entries[left].leaf, roots[root].entries[right].leaf)
      let sum = leaves[Int(first)].count &+ leaves[Int(second)].count
      guard sum <= IndexLeaf.capacity * 3 / 4 else { continue }
      leaves[Int(first)].append(&leaves[Int(second)])
      release(leaf: second)
      roots[root].entries.remove(at: right)
      return
    }
  }

  private mutating func makeLeaf() -> UInt32? {
    if firstFreeLeaf != 0 {
      let leaf = firstFreeLeaf &- 1
      firstFreeLeaf = leaves[Int(leaf)].nextFree
      leaves[Int(leaf)].clear()
      leafCount &+= 1
      return leaf
    }
    guard !leaves.isFull else { return nil }
    leaves.append(IndexLeaf())
    leafCount &+= 1
    return UInt32(leaves.count &- 1)
  }

  private mutating func release(leaf: UInt32) {
    leaves[Int(leaf)].nextFree = firstFreeLeaf
    firstFreeLeaf = leaf &+ 1
    leafCount &-= 1
  }
}

/// The leaves of an index, in the order of the offsets.
struct IndexRoot {
  struct Entry {
    /// The first one of the leaf.
    var key: UInt32
    var leaf: UInt32
  }

  /// The offset of key 0, modulo 2^64: it may lie before the stream.
  let base: UInt64
  var entries: [Entry] = []
  /// Of segments, in all leaves.
  var count = 0

  init(base: UInt64) { self.base = base }

  /// `nil` for an offset that is too far away.
  func key(of offset: UInt64) -> UInt32? { UInt32(exactly: offset &- base) }

  /// The last leaf that begins before a key, or with it; -1 for none.
  func position(notBehind key: UInt32) -> Int {
    // As in a leaf.
    var low = 0
    var rest = entries.count
    while rest > 0 {
      let half = (rest &+ 1) >> 1
      low = entries[low &+ half &- 1].key <= key ? low &+ half : low
      rest &-= half
    }
    return low &- 1
  }

  /// The last leaf that begins before a key; -1 for none.
  func position(before key: UInt32) -> Int { key == 0 ? -1 : position(notBehind: key &- 1) }
}

/// Sixty-three places of a list at most; eight cache lines.
///
/// Its methods are `mutating` even where they only look, so that it is lent without a copy.
struct IndexLeaf: BitwiseCopyable {
  static var capacity: Int { 63 }

  private var used: UInt32 = 0
  /// Of a leaf that is not in use: index + 1 of another one.
  var nextFree: UInt32 = 0
  private var keys: [63 of UInt32] = InlineArray(repeating: 0)
  private var links: [63 of UInt32] = InlineArray(repeating: 0)

  var count: Int { Int(used) }
  var isFull: Bool { count == Self.capacity }

  mutating func clear() { used = 0 }

  var firstKey: UInt32 {
    @inline(__always) mutating get { keys[0] }
  }

  /// The segment at a place.
  @inline(__always)
  mutating func link(_ place: Int) -> UInt32 { links[place] }

  /// How many keys are smaller than one.
  mutating func count(before key: UInt32) -> Int {
    // Halved without a branch that depends on what is found, which could not be guessed.
    var low = 0
    var rest = count
    while rest > 0 {
      let half = (rest &+ 1) >> 1
      low = keys[low &+ half &- 1] < key ? low &+ half : low
      rest &-= half
    }
    return low
  }

  mutating func insert(_ key: UInt32, _ link: UInt32) {
    var place = count
    while place > 0, keys[place &- 1] > key {
      keys[place] = keys[place &- 1]
      links[place] = links[place &- 1]
      place &-= 1
    }
    keys[place] = key
    links[place] = link
    used &+= 1
  }

  /// `false` when it is not here.
  mutating func remove(_ key: UInt32) -> Bool {
    let place = count(before: key)
    guard place < count, keys[place] == key else { return false }
    for next in place &+ 1..<count {
      keys[next &- 1] = keys[next]
      links[next &- 1] = links[next]
    }
    used &-= 1
    return true
  }

  /// Its second half, which goes.
  mutating func splitOff() -> Self {
    var half = Self()
    let kept = count / 2
    for place in kept..<count { half.insert(keys[place], links[place]) }
    used = UInt32(kept)
    return half
  }

  mutating func append(_ other: inout Self) {
    for place in 0..<other.count { insert(other.keys[place], other.links[place]) }
  }
}
