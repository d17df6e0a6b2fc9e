import CPcap
import Glibc

/// An interface of this machine that can be captured from, as libpcap lists them.
public struct NetworkInterface: Hashable, Sendable {
  public var name: String
  public var description: String?
  /// As they are written, with the length of the network where there is one: `127.0.0.1/8`.
  public var addresses: [String] = []
  /// `up`, `running`, `loopback`, `wireless`, those that hold.
  public var states: [String]

  /// All of them, in libpcap's order: the likely ones first.
  public static func all() throws(CaptureError) -> [NetworkInterface] {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    var first: UnsafeMutablePointer<pcap_if_t>?
    guard unsafe pcap_findalldevs(&first, &message) == 0 else {
      throw CaptureError(file: "interfaces", reason: PcapText.clause(message))
    }
    defer { unsafe pcap_freealldevs(first) }
    var interfaces: [NetworkInterface] = []
    var next = unsafe first
    while let interface = unsafe next?.pointee {
      interfaces.append(unsafe NetworkInterface(interface))
      unsafe next = interface.next
    }
    return interfaces
  }

  @unsafe
  private init(_ interface: pcap_if_t) {
    name = unsafe String(cString: interface.name)
    description = unsafe interface.description.map { unsafe String(cString: $0) }
    states = Self.words.filter { unsafe interface.flags & $0.flag != 0 }.map(\.word)
    var next = unsafe interface.addresses
    while let entry = unsafe next?.pointee {
      if let text = unsafe Self.text(entry) { addresses.append(text) }
      unsafe next = entry.next
    }
  }

  private static let words: [(flag: UInt32, word: String)] = [
    (UInt32(PCAP_IF_UP), "up"), (UInt32(PCAP_IF_RUNNING), "running"),
    (UInt32(PCAP_IF_LOOPBACK), "loopback"), (UInt32(PCAP_IF_WIRELESS), "wireless"),
  ]

  /// `nil` for what is no IP address.
  @unsafe
  private static func text(_ entry: pcap_addr) -> String? {
    guard let address = unsafe entry.addr else { return nil }
    let family = unsafe Int32(address.pointee.sa_family)
    let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    guard family == AF_INET || family == AF_INET6 else { return nil }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let result = unsafe getnameinfo(
      address, socklen_t(size), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return nil }
    let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let length = unsafe entry.netmask.map { unsafe Self.prefixLength($0, family, size) }
    return String(decoding: bytes, as: UTF8.self) + (length.map { "/\($0)" } ?? "")
  }

  @unsafe
  private static func prefixLength(
    _ mask: UnsafePointer<sockaddr>, _ family: Int32, _ size: Int
  ) -> Int {
    // Behind the family and the port; in IPv6 also behind the flow label.
    let range = family == AF_INET ? 4..<8 : 8..<24
    let bytes = unsafe UnsafeRawBufferPointer(start: mask, count: size)[range]
    return unsafe bytes.reduce(0) { $0 + $1.nonzeroBitCount }
  }
}
