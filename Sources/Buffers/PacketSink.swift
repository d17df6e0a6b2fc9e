/// Takes packets in their final order: a capture file, a wire.
public protocol PacketSink: AnyObject {
  /// What is about to come: the interfaces of the source as far as they are known, and whether it may
  /// differ from what the source holds.
  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness)

  /// Writes one frame. `interfaces` are those of the source that the frame's index speaks of.
  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws

  /// Writes a frame that was made of another one. Where several are, what was noted about that one goes
  /// with the first.
  func write(
    _ frame: borrowing Frame, madeOf original: borrowing Frame, isFirst: Bool,
    interfaces: [CaptureInterface]) throws

  /// Writes a block that is no packet, if the sink has a place for such.
  func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) throws

  /// From here on what is written is not what was read: a packet has been changed or left out.
  func noteDifference()

  /// What was known about packets and is not in what was written.
  var unkept: Unkept { get }

  /// Writes out what is still buffered. Nothing may be written afterwards.
  func finish() throws
}

extension PacketSink {
  public func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {}
  public func write(
    _ frame: borrowing Frame, madeOf original: borrowing Frame, isFirst: Bool,
    interfaces: [CaptureInterface]
  ) throws {
    try write(frame, interfaces: interfaces)
  }
  public func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) throws {}
  public func noteDifference() {}
  public var unkept: Unkept { Unkept() }
}

/// How what is written compares with what was read.
public enum Likeness: Comparable, Sendable {
  /// Every packet is written as it was.
  case identical
  /// Packets may be changed, or left out, as they come.
  case open
  /// Some are left out, or come from several inputs.
  case different
}

/// What the input said about packets, and could not be kept in what was written, by kind.
public struct Unkept: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case sectionComment = "section comment"
    case sectionOption = "section option"
    case interfaceOption = "interface option"
    case packetComment = "packet comment"
    case packetFlags = "flag word"
    case dropCount = "drop count"
    case hash
    case packetOption = "other packet option"
    case blockOption = "option of another block"
    case statistics = "statistics block"
    case names = "name resolution block"
    case secrets = "decryption secrets block"
    case custom = "custom block"
    case otherBlock = "other block"

    /// The word for so many.
    public func text(_ count: UInt64) -> String {
      switch self {
      case _ where count == 1: rawValue
      case .hash: "hashes"
      case .blockOption: "options of other blocks"
      default: rawValue + "s"
      }
    }
  }

  public private(set) var counts: [Kind: UInt64] = [:]

  public init() {}

  public var isEmpty: Bool { counts.isEmpty }

  public mutating func add(_ kind: Kind) { counts[kind, default: 0] += 1 }

  public static func - (left: Self, right: Self) -> Self {
    var difference = Self()
    for (kind, count) in left.counts {
      let rest = count - min(count, right.counts[kind] ?? 0)
      if rest > 0 { difference.counts[kind] = rest }
    }
    return difference
  }

  public static func += (left: inout Self, right: Self) {
    left.counts.merge(right.counts, uniquingKeysWith: +)
  }
}
