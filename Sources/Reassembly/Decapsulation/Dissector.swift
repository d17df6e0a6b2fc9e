import Wire

/// Finds the layers of frames. It keeps no state and allocates nothing.
struct Dissector: Sendable {
  let hash: FlowHash
  let checksums: ChecksumMode
  /// Whether checksums are looked at.
  let verifiesChecksums: Bool

  /// Told of the headers; only for who asks for those of one frame.
  let recorder: LayerRecorder?
  let isRecording: Bool

  /// More tags than any network uses: what is deeper is not looked for.
  static let tagLimit = 8

  init(_ configuration: ReassemblyConfiguration, recorder: LayerRecorder? = nil) {
    self.recorder = recorder
    isRecording = recorder != nil
    hash = FlowHash(seed: configuration.hashSeed)
    checksums = configuration.checksums
    verifiesChecksums = configuration.checksums != .none
  }

  @inline(__always)
  func dissect(_ bytes: RawSpan, linkType: LinkType, _ result: inout Dissection) {
    result.reset()
    if linkType == .ethernet {
      dissectEthernet(bytes, &result)
    } else {
      dissectOther(bytes, linkType, &result)
    }
  }

  @inline(__always)
  private func dissectEthernet(_ bytes: RawSpan, _ result: inout Dissection) {
    guard bytes.byteCount >= 14 else {
      result.kind = .malformed
      return
    }
    let type = EtherType(rawValue: bytes.load(bigEndianAt: 12))
    if type == .ipv4 {
      dissectIPv4(bytes, at: 14, &result)
    } else {
      dissect(bytes, at: 14, type, &result)
    }
  }

  /// What an EtherType announces at `offset`.
  @inline(never)
  func dissect(_ bytes: RawSpan, at offset: Int, _ type: EtherType, _ result: inout Dissection) {
    var type = type
    var offset = offset
    var tags = 0
    while type.isVLAN, tags < Self.tagLimit {
      guard offset &+ 4 <= bytes.byteCount else {
        result.kind = .malformed
        return
      }
      let identifier = UInt32(bytes.load(bigEndianAt: offset, as: UInt16.self)) & 0xFFF
      // The tags of a frame in a tunnel take the place of those around the tunnel, which have become a
      // part of its identity.
      if tags < 2 { result.vlans = (tags == 0 ? 0 : result.vlans << 12) | identifier }
      type = EtherType(rawValue: bytes.load(bigEndianAt: offset &+ 2))
      offset &+= 4
      tags &+= 1
    }
    // A value below 1536 is a length (IEEE 802.3): LLC follows, and IP in it by SNAP.
    if type.rawValue < 1536, let inner = snapType(bytes, at: offset) {
      if isRecording { record(.length, at: offset &- 2) }
      type = inner
      offset &+= 8
    }
    switch type {
    case .ipv4: dissectIPv4(bytes, at: offset, &result)
    case .ipv6: dissectIPv6(bytes, at: offset, &result)
    case .mplsUnicast, .mplsMulticast: dissectMPLS(bytes, at: offset, &result)
    case .pppoeSession: dissectPPPoE(bytes, at: offset, &result)
    default: result.kind = .notIP
    }
  }

  /// The EtherType of an LLC header with SNAP and an Ethernet OUI (RFC 1042).
  func snapType(_ bytes: RawSpan, at offset: Int) -> EtherType? {
    guard offset &+ 8 <= bytes.byteCount,
      bytes.load(bigEndianAt: offset, as: UInt32.self) == 0xAAAA_0300,
      bytes.load(bigEndianAt: offset &+ 4, as: UInt16.self) == 0
    else { return nil }
    return EtherType(rawValue: bytes.load(bigEndianAt: offset &+ 6))
  }
}
