/// A block of a pcapng file that is no packet: a section header, an interface, names, secrets,
/// statistics, and what others have defined. Its bytes belong to the source, as those of frames do.
@safe
public struct CaptureBlock {
  /// Where they begin; `nil` for a block that was too large to be kept.
  private let base: UnsafeRawPointer?
  /// Of the whole block; 0 for one that was too large to be kept.
  public let byteCount: Int
  public let type: UInt32
  public let isBigEndian: Bool
  /// Of an interface its index, and of statistics that of the interface which they are about, among
  /// the interfaces of the source; otherwise, or where there is none, -1.
  public var interface: Int
  /// How many frames of its batch stand in front of it.
  public var position = 0
  /// Whether it comes from one of several inputs, whose packets share one section when they are
  /// written.
  public var isMerged = false

  /// `base` must hold `byteCount` bytes.
  @unsafe
  public init(
    base: UnsafeRawPointer, byteCount: Int, type: UInt32, isBigEndian: Bool, interface: Int = -1
  ) {
    unsafe self.base = base
    self.byteCount = byteCount
    self.type = type
    self.isBigEndian = isBigEndian
    self.interface = interface
  }

  /// A block that was too large to be kept.
  public init(tooLarge type: UInt32, isBigEndian: Bool) {
    unsafe base = nil
    byteCount = 0
    self.type = type
    self.isBigEndian = isBigEndian
    interface = -1
  }

  public var isTooLarge: Bool { unsafe base == nil }

  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      // In bounds by the contract of the initialiser.
      let start = unsafe base ?? UnsafeRawPointer(bitPattern: 8)!
      let span = unsafe RawSpan(_unsafeStart: start, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Whether it lies in front of an address.
  public func ends(before end: UnsafeRawPointer) -> Bool {
    guard let base = unsafe base else { return true }
    return unsafe base + byteCount <= end
  }
}

/// A copy of a block that outlives its batch.
@safe
public final class HeldBlock {
  private let memory: UnsafeMutableRawPointer
  /// Valid as long as this object lives.
  public let block: CaptureBlock

  public init(_ block: CaptureBlock) {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(block.byteCount, 1), alignment: 16)
    unsafe self.memory = unsafe memory
    var copy =
      block.isTooLarge
      ? block
      : unsafe CaptureBlock(
        base: memory, byteCount: block.byteCount, type: block.type,
        isBigEndian: block.isBigEndian, interface: block.interface)
    copy.isMerged = block.isMerged
    self.block = copy
    unsafe block.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      unsafe memory.copyMemory(from: start, byteCount: bytes.count)
    }
  }

  deinit { unsafe memory.deallocate() }
}
