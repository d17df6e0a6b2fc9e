package import Analysis
import Crypto

/// Community ID version 1: names a conversation by its endpoints alone, so that the records of
/// different programs about it can be joined.
package enum CommunityID {
  /// `1:` and the Base 64 of the SHA-1 of seed, addresses, protocol, a zero byte and ports, all in
  /// network order. The smaller endpoint comes first, so both directions have the same name.
  ///
  /// Costs a hash: it is made when a record is written, and not kept.
  package static func text(for socket: SocketInfo, seed: UInt16 = 0) -> String {
    let (first, second) = ordered(socket.originator, socket.responder)
    var message: [UInt8] = []
    message.reserveCapacity(40)
    message.append(networkOrder: seed)
    message.append(networkOrder: first.address)
    message.append(networkOrder: second.address)
    message.append(socket.transport.rawValue)
    message.append(0)
    message.append(networkOrder: first.port)
    message.append(networkOrder: second.port)
    return "1:" + Base64.encode(Array(Insecure.SHA1.hash(data: message)))
  }

  private static func ordered(
    _ left: SocketInfo.Endpoint, _ right: SocketInfo.Endpoint
  ) -> (SocketInfo.Endpoint, SocketInfo.Endpoint) {
    let leftKey = (left.address.high, left.address.low, left.port)
    let rightKey = (right.address.high, right.address.low, right.port)
    return leftKey <= rightKey ? (left, right) : (right, left)
  }
}

extension [UInt8] {
  fileprivate mutating func append(networkOrder value: some FixedWidthInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  fileprivate mutating func append(networkOrder address: IPAddress) {
    switch address.family {
    case .ipv4: append(networkOrder: UInt32(truncatingIfNeeded: address.low))
    case .ipv6:
      append(networkOrder: address.high)
      append(networkOrder: address.low)
    }
  }
}
