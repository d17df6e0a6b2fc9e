package import Analysis
package import Buffers
import Crypto

/// Community ID version 1: names a conversation by its endpoints alone, so that the records of
/// different programs about it can be joined.
package enum CommunityID {
  package static func text(for socket: SocketInfo, seed: UInt16 = 0) -> String {
    var text = TextBuffer()
    text.append(communityIDOf: socket, seed: seed)
    return String(text)
  }

  /// What is hashed: seed, addresses, protocol, a zero byte and ports, all in network order. The
  /// smaller endpoint comes first, so both directions have the same name.
  fileprivate struct Message {
    private var bytes = InlineArray<40, UInt8>(repeating: 0)
    private var count = 0

    init(_ socket: SocketInfo, seed: UInt16) {
      let (first, second) = Self.ordered(socket.originator, socket.responder)
      append(seed)
      append(first.address)
      append(second.address)
      append(socket.transport.rawValue)
      append(0 as UInt8)
      append(first.port)
      append(second.port)
    }

    private static func ordered(
      _ left: SocketInfo.Endpoint, _ right: SocketInfo.Endpoint
    ) -> (SocketInfo.Endpoint, SocketInfo.Endpoint) {
      let leftKey = (left.address.high, left.address.low, left.port)
      let rightKey = (right.address.high, right.address.low, right.port)
      return leftKey <= rightKey ? (left, right) : (right, left)
    }

    private mutating func append(_ address: IPAddress) {
      if address.family == .ipv4 { return append(UInt32(truncatingIfNeeded: address.low)) }
      append(address.high)
      append(address.low)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
      for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
        bytes[count] = UInt8(truncatingIfNeeded: value >> shift)
        count += 1
      }
    }

    var hash: Insecure.SHA1Digest {
      var hash = Insecure.SHA1()
      // The pointer serves this call only.
      unsafe bytes.span.extracting(0..<count).withUnsafeBytes {
        unsafe hash.update(bufferPointer: $0)
      }
      return hash.finalize()
    }
  }
}

extension TextBuffer {
  /// `1:` and the Base 64 of a SHA-1.
  ///
  /// Costs a hash: it is made when a record is written, and not kept.
  mutating func append(communityIDOf socket: SocketInfo, seed: UInt16) {
    append("1:")
    let hash = CommunityID.Message(socket, seed: seed).hash
    unsafe hash.withUnsafeBytes { unsafe append(base64: Span(_unsafeBytes: $0)) }
  }
}
