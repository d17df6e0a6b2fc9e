import Wire

/// A keyed hash of flow keys: two rounds of multiply-and-fold over 128 bits of secret.
///
/// Senders choose addresses and ports, and whoever makes a capture chooses all of them; without the
/// secret they cannot choose collisions. With a secret that is known they can, without any search:
/// two factors of which one is zero have one product, whatever the other is, so that all ports between
/// two addresses meet in one slot. So the secret is another one in every process, and nothing that can
/// be seen depends on it: in which shard a conversation is, whose budget bites, is said by the
/// addresses and ports alone. Who fills one shard on purpose fills a 64th of the table, and no more.
struct FlowHash: Sendable {
  private let secret0: UInt64
  private let secret1: UInt64

  /// The secret of this process.
  static let processSeed = UInt64.random(in: .min ... .max)

  /// Where a key belongs: its shard in the six highest bits, which `addresses` and the rest of the key
  /// decide without the secret, and below them its keyed hash.
  @inline(__always)
  func place(of key: FlowKey, _ addresses: UInt64) -> UInt64 {
    let shard = ((addresses ^ key.rest) &* 0x9E37_79B9_7F4A_7C15) >> 58
    return shard << 58 | hash(key) >> 6
  }

  /// What finds a key in its shard.
  func tableHash(_ key: FlowKey) -> UInt32 { UInt32(truncatingIfNeeded: hash(key) >> 6) }

  init(seed: UInt64) {
    secret0 = seed ^ 0x2D35_8DCC_AA6C_78A5
    secret1 = (seed &* 0x9E37_79B9_7F4A_7C15) ^ 0x8BB8_4B93_962E_ACC9
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  @inline(__always)
  func hash(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let mixed = Self.fold(a ^ secret0, b ^ secret1)
    return Self.fold(mixed ^ secret0, secret1 ^ 0x4B33_A62E_D433_D4A3)
  }

  @inline(__always)
  func hash(_ key: FlowKey) -> UInt64 { hash(key.addresses, key.rest) }

  func hash(_ wide: WideAddresses) -> UInt64 {
    hash(hash(wide.firstHigh, wide.firstLow), hash(wide.secondHigh, wide.secondLow))
  }
}
