import Wire

/// What the first bytes of a file say that it is.
enum FileSignature: Equatable {
  case pcap, pcapng, gzip
  /// A known format that is not read here; the clause says what to do.
  case foreign(String)
  case unknown

  /// How many bytes tell all of them apart.
  static let length = 24

  init(_ bytes: [UInt8]) {
    if PcapHeader.hasMagic(bytes) {
      self = .pcap
    } else if Section.isStart(bytes) {
      self = .pcapng
    } else if bytes.starts(with: [0x1f, 0x8b, 0x08]) {
      self = .gzip
    } else if let known = Self.foreign.first(where: { bytes.starts(with: $0.magic) }) {
      self = .foreign("is \(known.name); convert it first: \(known.command)")
    } else if Self.looksLikeERF(bytes) {
      self = .foreign("looks like an ERF capture; convert it first: \(Self.editcap)")
    } else {
      self = .unknown
    }
  }

  private static let editcap = "editcap IN OUT.pcapng"

  private static let foreign: [(magic: [UInt8], name: String, command: String)] = [
    (Array("snoop\0\0\0".utf8), "a snoop capture", editcap),
    (Array("RTSS".utf8), "a Microsoft NetMon 1 capture", editcap),
    (Array("GMBU".utf8), "a Microsoft NetMon 2 capture", editcap),
    (Array("TRSNIFF data    \u{1a}".utf8), "a Sniffer capture", editcap),
    (Array("XCP\0".utf8), "a NetXray capture", editcap),
    ([0x05, 0x56, 0x4e, 0x46], "a Visual Networks capture", editcap),
    (Array("iptrace ".utf8), "an AIX iptrace capture", editcap),
    (Array("btsnoop\0".utf8), "a Bluetooth btsnoop capture", editcap),
    (Array("EyeSDN".utf8), "an EyeSDN capture", editcap),
    (Array("+---------+---------------+----------+".utf8), "a K12 text capture", editcap),
    ([0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "zstd -d IN -o OUT.pcap"),
    ([0x04, 0x22, 0x4d, 0x18], "compressed with lz4", "lz4 -d IN OUT.pcap"),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "compressed with xz", "xz -dc IN > OUT.pcap"),
    (Array("BZh".utf8), "compressed with bzip2", "bzip2 -dc IN > OUT.pcap"),
    ([0x1f, 0x9d], "compressed with compress", "uncompress -c IN > OUT.pcap"),
    ([0x50, 0x4b, 0x03, 0x04], "a ZIP archive", "unzip IN"),
    ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7-Zip archive", "7z x IN"),
  ]

  /// ERF has no magic: a little-endian timestamp, a type of 1 ... 48, a record length that holds
  /// its own header and the wire length. Only for a message, so a wrong guess does no harm.
  private static func looksLikeERF(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 16 else { return false }
    let header = unsafe bytes.span.bytes
    let seconds = header.load(littleEndianAt: 4, as: UInt32.self)
    let type = header.byte(at: 8) & 0x7f
    let recordLength = header.load(bigEndianAt: 10, as: UInt16.self)
    let wireLength = header.load(bigEndianAt: 14, as: UInt16.self)
    let year2000: UInt32 = 946_684_800
    return (1...48).contains(type) && recordLength >= 16 && wireLength > 0 && seconds > year2000
      && UInt32(recordLength) <= UInt32(wireLength) + 64
  }
}

extension [UInt8] {
  /// The first four bytes, as messages show them: `25 50 44 46`.
  var leadingHex: String {
    prefix(4).map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined(separator: " ")
  }
}
