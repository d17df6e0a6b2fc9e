/// What a capture is to be like.
public struct GenerationOptions: Hashable, Sendable {
  /// About how long a pcap file of it is to be. Without it, the workload's default, in proportion
  /// to `connections` where those are given (except for `bulk`).
  public var bytes: Int?
  /// How many connections. Without it, the workload's default, in proportion to `bytes` where those
  /// are given (except for `bulk`).
  public var connections: Int?
  /// The same seed gives the same bytes, in every version.
  public var seed: UInt64 = 1
  public var ipv6 = false
  /// The identifier of a VLAN tag on every frame, 0 ... 4095.
  public var vlan: UInt16?

  public init(
    bytes: Int? = nil, connections: Int? = nil, seed: UInt64 = 1, ipv6: Bool = false,
    vlan: UInt16? = nil
  ) {
    self.bytes = bytes
    self.connections = connections
    self.seed = seed
    self.ipv6 = ipv6
    self.vlan = vlan
  }
}

/// An option with a value that no capture can have.
public struct GenerationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One clause: `connections must be 1 to 4000000, not 0`.
  public var description: String
}

/// The options with everything filled in.
struct Plan {
  static let connectionLimit = 4_000_000
  static let byteLimit = 1 << 42

  let workload: Workload
  let bytes: Int
  let connections: Int
  let seed: UInt64
  let ipv6: Bool
  let vlan: UInt16?

  init(_ workload: Workload, _ options: GenerationOptions) throws(GenerationError) {
    self.workload = workload
    seed = options.seed
    ipv6 = options.ipv6
    vlan = options.vlan
    try Self.check(options.bytes, "bytes", 1...Self.byteLimit)
    try Self.check(options.connections, "connections", 1...Self.connectionLimit)
    try Self.check(options.vlan.map(Int.init), "vlan", 0...4095)
    let defaultBytes = workload.defaultBytes
    let defaultConnections = workload.defaultConnections
    let eachBytes = workload == .bulk ? 0 : defaultBytes / defaultConnections
    if let connections = options.connections {
      self.connections = connections
      bytes = options.bytes ?? (eachBytes == 0 ? defaultBytes : connections * eachBytes)
    } else {
      bytes = options.bytes ?? defaultBytes
      connections =
        eachBytes == 0 || options.bytes == nil
        ? defaultConnections : min(max(bytes / eachBytes, 1), Self.connectionLimit)
    }
  }

  private static func check(
    _ value: Int?, _ name: String, _ range: ClosedRange<Int>
  ) throws(GenerationError) {
    guard let value, !range.contains(value) else { return }
    throw GenerationError(
      description: "\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
  }

  /// What one connection may take of the file.
  var bytesPerConnection: Int { bytes / connections }

  /// Bytes of a record and its headers in front of the payload, with a Timestamps option.
  var overhead: Int { 16 + 14 + (vlan == nil ? 0 : 4) + (ipv6 ? 40 : 20) + 32 }

  /// The two SYNs carry 8 bytes more of options.
  var handshakeBytes: Int { 3 * overhead + 16 }
  var closeBytes: Int { 3 * overhead }

  var maximumSegmentSize: Int { ipv6 ? 1440 : 1460 }

  /// What is left of a segment by the Timestamps option (RFC 9293 §3.7.1).
  var maximumPayload: Int { maximumSegmentSize - 12 }
}
