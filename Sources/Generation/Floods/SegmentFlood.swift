internal import Sockets
internal import Wire

/// The attacks by TCP segments.
struct SegmentFlood {
  private struct Attacker {
    let number: Int
    var conversation: Conversation
    /// Segments written.
    var count = 0

    /// Whether its segments are of a few bytes each.
    var isTiny: Bool { number & 3 == 3 }
  }

  private let flood: Flood
  private let plan: Plan
  private let segmentLength: Int
  private var random: SplitMix64
  private var attackers: [Attacker] = []

  init(_ flood: Flood, _ plan: Plan, connections: Int?) {
    self.flood = flood
    self.plan = plan
    segmentLength = plan.maximumPayload
    random = SplitMix64(seed: plan.seed, stream: .max - 4)
    guard flood != .syn else { return }
    attackers = (0..<(connections ?? flood.defaultConnections)).map { number in
      Attacker(number: number, conversation: Conversation(attacking: plan, &random))
    }
  }

  mutating func writeNext(_ writer: FrameWriter) throws {
    if flood == .syn {
      var conversation = Conversation(attacking: plan, &random)
      let syn = Step(direction: .out, flags: .syn, offset: -1, acknowledged: 0)
      return try writer.write(syn, &conversation)
    }
    let index = random.next(in: 0...(attackers.count - 1))
    let step = nextStep(of: attackers[index])
    attackers[index].count += 1
    try writer.write(step, &attackers[index].conversation)
  }

  private mutating func nextStep(of attacker: Attacker) -> Step {
    switch attacker.count {
    case 0: return Step(direction: .out, flags: .syn, offset: -1, acknowledged: 0)
    case 1 where flood != .endlessHole || attacker.number & 3 != 2:
      return Step(direction: .in, flags: [.syn, .ack], offset: -1, acknowledged: 0)
    case 2: return Step(direction: .out, flags: .ack, offset: 0, acknowledged: 0)
    default: break
    }
    switch flood {
    case .farAhead: return farAhead(attacker)
    case .endlessHole: return behindHole(attacker)
    default: return overlapping(attacker)
    }
  }

  private mutating func farAhead(_ attacker: Attacker) -> Step {
    let window = Int(attacker.conversation.responder.window) << 7
    let edge = attacker.count & 1 == 0 ? window : 1 << 31
    return Step(
      direction: .out, flags: [.psh, .ack], offset: edge - random.next(in: 2...20_000), length: 1,
      acknowledged: 0)
  }

  /// The byte at offset 0 is missing.
  private func behindHole(_ attacker: Attacker) -> Step {
    let isAnswer = attacker.count % 3 == 2
    let sent = 1 + (attacker.count - attacker.count / 3) * segmentLength
    switch attacker.number & 3 {
    case 0 where isAnswer:
      var step = Step(direction: .in, flags: .ack, offset: 0, acknowledged: 0)
      step.selected = 1..<sent
      return step
    case 3 where isAnswer:
      return Step(direction: .in, flags: .ack, offset: 0, acknowledged: sent)
    default:
      return Step(
        direction: .out, flags: .ack, offset: sent, length: segmentLength, acknowledged: 0)
    }
  }

  private mutating func overlapping(_ attacker: Attacker) -> Step {
    var step = Step(
      direction: .out, flags: [.psh, .ack], offset: random.next(in: 1...30_000),
      length: random.next(in: 1...(attacker.isTiny ? 8 : segmentLength)), acknowledged: 0)
    if random.next() & 1 == 0 { step.alteredPrefix = step.length }
    return step
  }
}

extension Conversation {
  /// One from anywhere but the bystanders' network.
  init(attacking plan: Plan, _ random: inout SplitMix64) {
    let bits = random.next()
    let other = random.next()
    self.init(plan, index: Int(other >> 36))
    let address = Self.attackingAddress(bits, ipv6: plan.ipv6)
    originator = Endpoint(
      hardware: MACAddress(0x0202_0000_0000), address: address, port: UInt16(bits & 0xFFFF) | 1024,
      initialSequence: SequenceNumber(UInt32(truncatingIfNeeded: other)),
      timestampBase: originator.timestampBase, window: originator.window, hopLimit: 64,
      payloadKey: originator.payloadKey, identification: originator.identification)
  }

  /// An IPv4 address below 10.0.0.0 or above 10.255.255.255, or one of 2001:db8:f::/48.
  static func attackingAddress(_ bits: UInt64, ipv6: Bool) -> IPAddress {
    if ipv6 {
      let subnet = bits >> 16 & 0xFFFF
      return IPAddress(ipv6: 0x2001_0DB8_000F_0000 | subnet, bits &* 0x9E37_79B9_7F4A_7C15)
    }
    var address = UInt32(truncatingIfNeeded: bits >> 32)
    if address >> 24 == 10 { address ^= 0x1000_0000 }
    return IPAddress(ipv4: address)
  }
}
