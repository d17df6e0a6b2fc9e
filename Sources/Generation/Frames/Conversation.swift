internal import Sockets
internal import Wire

/// One end of a connection, and the counters of its stack.
struct Endpoint {
  let hardware: MACAddress
  let address: IPAddress
  let port: UInt16
  let initialSequence: SequenceNumber
  let timestampBase: UInt32
  /// Not scaled; with the scale of 7 that both ends announce, 64 KiB and more.
  let window: UInt16
  let hopLimit: UInt8
  /// Where its stream begins in the pool.
  let payloadKey: UInt32
  var identification: UInt32
  /// The last TSval that it sent; what the other end echoes.
  var lastTimestamp: UInt32 = 0
}

/// Who speaks to whom: everything about a connection but its data.
struct Conversation {
  var originator: Endpoint
  var responder: Endpoint

  /// Addresses and ports differ for every `index` below 2²⁸.
  init(_ plan: Plan, index: Int) {
    var random = SplitMix64(seed: plan.seed, stream: UInt64(index))
    let host = UInt64(index >> 4) + 1
    let service = UInt64(random.next(in: 1...40))
    // Sixteen connections of one host lie in sixteen ranges of ports.
    let port = UInt16(32_768 + (index & 15) * 2048 + random.next(in: 0...2047))
    // Documentation prefixes for the services (RFC 5737, RFC 3849), private ones for the hosts.
    let from =
      plan.ipv6
      ? IPAddress(ipv6: 0x2001_0DB8_0001_0000, host) : IPAddress(ipv4: 0x0A00_0000 | UInt32(host))
    let to =
      plan.ipv6
      ? IPAddress(ipv6: 0x2001_0DB8_0002_0000, service)
      : IPAddress(ipv4: 0xC000_0200 | UInt32(service))
    originator = Self.endpoint(&random, MACAddress(0x0200_0000_0000 | host), from, port, 64)
    responder = Self.endpoint(
      &random, MACAddress(0x0201_0000_0000 | service), to, plan.workload.port, 57)
  }

  private static func endpoint(
    _ random: inout SplitMix64, _ hardware: MACAddress, _ address: IPAddress, _ port: UInt16,
    _ hopLimit: UInt8
  ) -> Endpoint {
    var sequence = UInt32(truncatingIfNeeded: random.next())
    // One stream in sixteen passes the end of the sequence space soon.
    if random.next() & 15 == 0 { sequence |= 0xFFFF_F000 }
    return Endpoint(
      hardware: hardware, address: address, port: port,
      initialSequence: SequenceNumber(sequence),
      timestampBase: UInt32(truncatingIfNeeded: random.next()),
      window: UInt16(random.next(in: 512...2048)), hopLimit: hopLimit,
      payloadKey: UInt32(truncatingIfNeeded: random.next()),
      identification: UInt32(truncatingIfNeeded: random.next()))
  }

  subscript(direction: Direction) -> Endpoint {
    get { direction == .out ? originator : responder }
    set {
      if direction == .out { originator = newValue } else { responder = newValue }
    }
  }
}
