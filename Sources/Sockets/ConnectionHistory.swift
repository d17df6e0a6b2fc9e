/// What happened to a connection, in order, as letters that people know from Zeek: those of the
/// originator are capitals. `ShADadFf` is a handshake, data both ways and both FINs.
///
/// It holds 25 letters; what comes later is not recorded. So many fit the cache lines of a socket, and
/// hardly a connection has more, as none of the letters is recorded for each packet.
@frozen
public struct ConnectionHistory: Hashable, Sendable, BitwiseCopyable {
  /// What a letter stands for.
  @frozen
  public enum Letter: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// `s`, `h`: a SYN without and with an ACK.
    case syn = 1
    case answer
    /// `a`: a pure ACK.
    case acknowledgment
    /// `d`: payload.
    case data
    /// `f`
    case fin
    /// `r`
    case reset
    /// `c`: a wrong checksum.
    case badChecksum
    /// `g`: bytes that never came.
    case gap
    /// `t`: payload that does not go beyond what was seen before.
    case retransmission
    /// `w`: a window of zero.
    case zeroWindow
    /// `i`: FIN and RST in one segment.
    case inconsistent
    /// `q`: SYN and FIN, or SYN and RST, in one segment.
    case multipleFlags
    /// `x`: not all was analyzed, as a budget was reached.
    case partial
    /// `^`: the first packet was an answer, so that its receiver is the originator.
    case flipped

    /// In ASCII, as the responder's.
    var byte: UInt8 {
      switch self {
      case .syn: UInt8(ascii: "s")
      case .answer: UInt8(ascii: "h")
      case .acknowledgment: UInt8(ascii: "a")
      case .data: UInt8(ascii: "d")
      case .fin: UInt8(ascii: "f")
      case .reset: UInt8(ascii: "r")
      case .badChecksum: UInt8(ascii: "c")
      case .gap: UInt8(ascii: "g")
      case .retransmission: UInt8(ascii: "t")
      case .zeroWindow: UInt8(ascii: "w")
      case .inconsistent: UInt8(ascii: "i")
      case .multipleFlags: UInt8(ascii: "q")
      case .partial: UInt8(ascii: "x")
      case .flipped: UInt8(ascii: "^")
      }
    }
  }

  /// Five bits for each letter, the last one in the lowest: a `Letter`, and above it its sender.
  @usableFromInline var high: UInt64 = 0
  @usableFromInline var low: UInt64 = 0

  /// The most letters.
  @inlinable
  public static var capacity: Int { 25 }

  public init() {}

  /// Adds a letter where there is room.
  @inlinable @inline(__always)
  public mutating func append(_ letter: Letter, _ sender: Direction) {
    // Three bits of 128 are over.
    guard high >> (64 - 3 - 5) == 0 else { return }
    high = high << 5 | low >> 59
    low = low << 5 | UInt64(Self.code(letter, sender))
  }

  /// Adds a letter that is recorded once for each sender.
  public mutating func appendOnce(_ letter: Letter, _ sender: Direction) {
    if !codes.contains(Self.code(letter, sender)) { append(letter, sender) }
  }

  @inlinable @inline(__always)
  static func code(_ letter: Letter, _ sender: Direction) -> UInt8 {
    letter.rawValue | sender.rawValue << 4
  }

  /// In order.
  private var codes: [UInt8] {
    var rest = UInt128(high) << 64 | UInt128(low)
    var codes: [UInt8] = []
    while rest != 0 {
      codes.append(UInt8(truncatingIfNeeded: rest & 0x1F))
      rest >>= 5
    }
    return codes.reversed()
  }
}

extension ConnectionHistory: CustomStringConvertible {
  /// The letters and who they are of, in order.
  public var letters: [(letter: Letter, sender: Direction)] {
    codes.compactMap { code in
      Letter(rawValue: code & 0xF).map { ($0, code >> 4 == 0 ? .out : .in) }
    }
  }

  public var description: String {
    // In ASCII a capital lacks one bit, which `^` does not have either.
    let text = letters.map { $0.sender == .out ? $0.letter.byte & ~0x20 : $0.letter.byte }
    return String(decoding: text, as: UTF8.self)
  }
}
