import Wire

/// A keyed hash of flow keys: two rounds of multiply-and-fold over 128 bits of secret.
///
/// Senders choose addresses and ports; without the secret they cannot choose collisions. The secret
/// is fixed for files, so that a run can be repeated, and random on the wire.
struct FlowHash: Sendable {
  private let secret0: UInt64
  private let secret1: UInt64

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
