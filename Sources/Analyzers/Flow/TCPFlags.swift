/// The flags of TCP headers, as a set (RFC 9293 §3.1).
struct TCPFlags: OptionSet, CustomStringConvertible {
  let rawValue: UInt8

  static let fin = Self(rawValue: 0x01)
  static let syn = Self(rawValue: 0x02)
  static let rst = Self(rawValue: 0x04)
  static let psh = Self(rawValue: 0x08)
  static let ack = Self(rawValue: 0x10)
  static let urg = Self(rawValue: 0x20)
  static let ece = Self(rawValue: 0x40)
  static let cwr = Self(rawValue: 0x80)

  /// EVE's names, in its order.
  static let named: [(flag: Self, name: String, letter: String)] = [
    (.syn, "syn", "S"), (.fin, "fin", "F"), (.rst, "rst", "R"), (.psh, "psh", "P"),
    (.ack, "ack", "A"), (.urg, "urg", "U"), (.ece, "ecn", "E"), (.cwr, "cwr", "C"),
  ]

  /// Two digits, as EVE writes them.
  var hex: String {
    let byte: InlineArray<1, UInt8> = [rawValue]
    return String(hex: byte.span)
  }

  /// A letter for each: `SFPA`.
  var description: String {
    Self.named.filter { contains($0.flag) }.map(\.letter).joined()
  }
}
