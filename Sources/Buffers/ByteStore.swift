internal import CSystem
import Glibc

/// Copies of bytes that have to outlive their packet, within a budget.
///
/// Reaching the budget is an ordinary outcome: `copy` answers `nil` and the caller gives up what it
/// can best do without.
@safe
public struct ByteStore: ~Copyable {
  /// The most bytes that may be held at once, overhead included.
  public let budget: Int
  /// Bytes held now, overhead included.
  public private(set) var used = 0
  /// Bytes of the budget that the keeper has used for something else.
  public var reserved = 0
  /// Pieces held now.
  public private(set) var pieces = 0

  /// What a small piece costs besides its bytes: the allocator's header and the keeper's node.
  public static var overhead: Int { 64 }

  /// Small pieces lie side by side: the allocator would take twice as much for them, and more time.
  /// A free one has index + 1 of another one in its first half; 0 for none.
  private var slots: ReservedArray<SIMD2<UInt64>>
  private var firstFreeSlot = 0
  private static var slotSize: Int { 16 }

  public init(budget: Int) {
    self.budget = budget
    slots = ReservedArray(capacity: budget / Self.overhead + 1)
  }

  /// A piece of the store. Whoever has it releases it, once, to the store it came from.
  @safe
  public struct Piece: BitwiseCopyable {
    fileprivate let base: UnsafeMutableRawPointer
    public let count: Int
    /// Whether the bytes are no copy, but lie where they lay.
    public let isLent: Bool

    /// Valid until the piece is released.
    public var bytes: RawSpan {
      @_lifetime(borrow self) get {
        let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
        return unsafe _overrideLifetime(span, borrowing: self)
      }
    }

    /// Its first bytes, or its last ones, outside of the store.
    public func copy(first count: Int) -> [UInt8] { copy(0..<min(count, self.count)) }
    public func copy(last count: Int) -> [UInt8] {
      copy(self.count - min(count, self.count)..<self.count)
    }

    private func copy(_ range: Range<Int>) -> [UInt8] {
      unsafe bytes.extracting(range).withUnsafeBytes { unsafe Array($0) }
    }

    /// Whether the bytes from `offset` on are those of a span.
    public func holds(_ other: RawSpan, at offset: Int) -> Bool {
      precondition(offset >= 0 && other.byteCount <= count - offset)
      return unsafe other.withUnsafeBytes { other in
        guard let start = other.baseAddress else { return true }
        return unsafe memcmp(base + offset, start, other.count) == 0
      }
    }

    /// Appends a part of the bytes.
    public func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
      precondition(range.lowerBound >= 0 && range.upperBound <= count)
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }
  }

  /// Copies `bytes`; `nil` when the budget does not allow it.
  public mutating func copy(_ bytes: RawSpan) -> Piece? {
    let cost = bytes.byteCount &+ Self.overhead
    guard cost <= budget &- used &- reserved, let memory = unsafe allocate(bytes.byteCount) else {
      return nil
    }
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { unsafe memcpy(memory, start, source.count) }
    }
    used &+= cost
    pieces &+= 1
    return unsafe Piece(base: memory, count: bytes.byteCount, isLent: false)
  }

  /// The same of bytes that stay where they are until the piece is released: they cost as much, so that
  /// what there is room for does not depend on where they lie.
  @unsafe
  public mutating func lend(_ bytes: RawSpan) -> Piece? {
    let cost = bytes.byteCount &+ Self.overhead
    guard cost <= budget &- used &- reserved else { return nil }
    used &+= cost
    pieces &+= 1
    return unsafe bytes.withUnsafeBytes { source in
      let start = unsafe source.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
      return unsafe Piece(
        base: UnsafeMutableRawPointer(mutating: start), count: source.count, isLent: true)
    }
  }

  /// A copy in place of a piece that was lent, and as such will be looked at again, wherever what lies
  /// around it has gone by then. Without memory for it the piece stays what it is.
  public mutating func own(_ piece: Piece) -> Piece {
    guard piece.isLent, let memory = unsafe allocate(piece.count) else { return piece }
    unsafe memcpy(memory, piece.base, piece.count)
    return unsafe Piece(base: memory, count: piece.count, isLent: false)
  }

  /// Puts bytes to the end of a piece, which is then to be used in place of it alone; `nil` when the
  /// budget does not allow it, and for one that was lent.
  public mutating func extend(_ piece: Piece, by bytes: RawSpan) -> Piece? {
    let count = piece.count &+ bytes.byteCount
    guard !piece.isLent, bytes.byteCount <= budget &- used &- reserved,
      let memory = unsafe grow(piece, to: count)
    else { return nil }
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { unsafe memcpy(memory + piece.count, start, source.count) }
    }
    used &+= bytes.byteCount
    return unsafe Piece(base: memory, count: count, isLent: false)
  }

  private mutating func grow(_ piece: Piece, to count: Int) -> UnsafeMutableRawPointer? {
    if count <= Self.slotSize { return unsafe piece.base }
    if piece.count > Self.slotSize {
      // It may go on growing: a quarter more, and it is seldom moved.
      let hasRoom = unsafe csystem_room(piece.base) >= count
      return unsafe hasRoom ? piece.base : realloc(piece.base, count &+ count / 4)
    }
    guard let memory = unsafe malloc(count) else { return nil }
    unsafe memcpy(memory, piece.base, piece.count)
    unsafe free(piece.base, piece.count)
    return unsafe memory
  }

  /// Puts other bytes in the place of some of a piece; `false` for one that was lent.
  public mutating func overwrite(_ piece: Piece, at offset: Int, with bytes: RawSpan) -> Bool {
    precondition(offset >= 0 && bytes.byteCount <= piece.count &- offset)
    if piece.isLent { return false }
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { unsafe memcpy(piece.base + offset, start, source.count) }
    }
    return true
  }

  /// Leaves only the first bytes of a piece, which is then to be used in place of the whole.
  public mutating func shorten(_ piece: Piece, toFirst count: Int) -> Piece {
    shorten(piece, to: 0..<count)
  }

  /// Leaves only the last bytes of a piece.
  public mutating func shorten(_ piece: Piece, toLast count: Int) -> Piece {
    shorten(piece, to: piece.count - count..<piece.count)
  }

  private mutating func shorten(_ piece: Piece, to range: Range<Int>) -> Piece {
    precondition(range.lowerBound >= 0 && range.upperBound <= piece.count)
    used &-= piece.count &- range.count
    let start = unsafe piece.base + range.lowerBound
    if piece.isLent { return unsafe Piece(base: start, count: range.count, isLent: true) }
    if piece.count > Self.slotSize, range.count <= Self.slotSize {
      let memory = unsafe takeSlot()
      unsafe memcpy(memory, start, range.count)
      unsafe free(piece.base, piece.count)
      return unsafe Piece(base: memory, count: range.count, isLent: false)
    }
    unsafe memmove(piece.base, start, range.count)
    if range.count <= Self.slotSize {
      return unsafe Piece(base: piece.base, count: range.count, isLent: false)
    }
    // If there is no memory for a smaller one, the old one will do.
    let memory = unsafe realloc(piece.base, range.count) ?? piece.base
    return unsafe Piece(base: memory, count: range.count, isLent: false)
  }

  /// Gives a piece back; its bytes may not be read afterwards.
  public mutating func release(_ piece: Piece) {
    if !piece.isLent { unsafe free(piece.base, piece.count) }
    used &-= piece.count &+ Self.overhead
    pieces &-= 1
  }

  private mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    unsafe count <= Self.slotSize ? takeSlot() : malloc(count)
  }

  private mutating func takeSlot() -> UnsafeMutableRawPointer {
    if firstFreeSlot != 0 {
      let index = firstFreeSlot &- 1
      firstFreeSlot = Int(slots[index].x)
      return unsafe slots.address(of: index)
    }
    // There are never more of them than the budget allows pieces.
    slots.append(.zero)
    return unsafe slots.address(of: slots.count &- 1)
  }

  private mutating func free(_ memory: UnsafeMutableRawPointer, _ count: Int) {
    guard count <= Self.slotSize else { return unsafe Glibc.free(memory) }
    let index = unsafe slots.index(at: memory)
    slots[index].x = UInt64(firstFreeSlot)
    firstFreeSlot = index &+ 1
  }
}
