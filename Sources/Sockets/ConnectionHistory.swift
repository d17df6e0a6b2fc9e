/// What happened to a connection, in order, as letters that people know from Zeek: those of the
/// originator are capitals. `ShADadFf` is a handshake, data both ways and both FINs.
///
/// It holds 24 letters; what comes later is not recorded. Hardly a connection has more, as none of the
/// letters is recorded for each packet.
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

  /// Twelve letters: five bits for each, the last one in the lowest: a `Letter`, and above it its
  /// sender.
  @frozen
  public struct Half: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline var codes: UInt64 = 0

    @inlinable
    public init() {}

    /// Adds a letter; `false` when there is no room.
    @inlinable @inline(__always)
    public mutating func append(_ letter: Letter, _ sender: Direction) -> Bool {
      guard codes >> 55 == 0 else { return false }
      codes = codes << 5 | UInt64(letter.rawValue | sender.rawValue << 4)
      return true
    }

    public func count(of letter: Letter, _ sender: Direction) -> Int {
      let code = UInt64(letter.rawValue | sender.rawValue << 4)
      var rest = codes
      var count = 0
      while rest != 0 {
        if rest & 0x1F == code { count += 1 }
        rest >>= 5
      }
      return count
    }

    /// In order.
    var letters: [(letter: Letter, sender: Direction)] {
      var rest = codes
      var letters: [(letter: Letter, sender: Direction)] = []
      while rest != 0 {
        if let letter = Letter(rawValue: UInt8(rest & 0xF)) {
          letters.append((letter, rest & 0x10 == 0 ? .out : .in))
        }
        rest >>= 5
      }
      return letters.reversed()
    }
  }

  /// The first twelve, which are all that most connections have, and the others.
  @usableFromInline var early = Half()
  @usableFromInline var late = Half()

  /// The most letters.
  public static var capacity: Int { 24 }

  public init() {}

  /// Of halves that are kept apart.
  @inlinable
  public init(_ early: Half, _ late: Half) {
    self.early = early
    self.late = late
  }

  /// Adds a letter where there is room.
  public mutating func append(_ letter: Letter, _ sender: Direction) {
    if !early.append(letter, sender) { _ = late.append(letter, sender) }
  }
}

extension ConnectionHistory: CustomStringConvertible {
  /// The letters and who they are of, in order.
  public var letters: [(letter: Letter, sender: Direction)] { early.letters + late.letters }

  public var description: String {
    // In ASCII a capital lacks one bit, which `^` does not have either.
    let text = letters.map { $0.sender == .out ? $0.letter.byte & ~0x20 : $0.letter.byte }
    return String(decoding: text, as: UTF8.self)
  }
}
