public import Wire

/// Which policy holds for a host: that of the smallest network it is in, or a default.
public struct PolicyMap<Policy: OverlapPolicy>: Sendable {
  public struct Network: Hashable, Sendable {
    public var address: IPAddress
    public var prefixLength: Int

    /// What lies behind the prefix does not count.
    public init(_ address: IPAddress, prefixLength: Int) {
      self.address = address.masked(to: prefixLength)
      self.prefixLength = prefixLength
    }
  }

  /// The networks of one family and one length.
  private struct Level: Sendable {
    var prefixLength: Int
    var policies: [IPAddress: Policy]
  }

  /// Of hosts in no network.
  public var ipv4: Policy
  public var ipv6: Policy
  /// Long prefixes first.
  private var ipv4Levels: [Level] = []
  private var ipv6Levels: [Level] = []

  /// One for all hosts.
  public init(_ policy: Policy) { self.init(ipv4: policy, ipv6: policy) }

  public init(ipv4: Policy, ipv6: Policy) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// The policy of a network, of which those of smaller ones in it are exceptions.
  public subscript(network: Network) -> Policy? {
    get {
      if network.prefixLength == 0 { return network.address.family == .ipv4 ? ipv4 : ipv6 }
      return levels(network.address.family).first { $0.prefixLength == network.prefixLength }?
        .policies[network.address]
    }
    set {
      switch network.address.family {
      // All hosts: what holds for those in no other network.
      case .ipv4 where network.prefixLength == 0: ipv4 = newValue ?? ipv4
      case .ipv6 where network.prefixLength == 0: ipv6 = newValue ?? ipv6
      case .ipv4: Self.set(newValue, for: network, in: &ipv4Levels)
      case .ipv6: Self.set(newValue, for: network, in: &ipv6Levels)
      }
    }
  }

  private static func set(_ policy: Policy?, for network: Network, in levels: inout [Level]) {
    let place =
      levels.firstIndex { $0.prefixLength <= network.prefixLength } ?? levels.endIndex
    if place == levels.endIndex || levels[place].prefixLength != network.prefixLength {
      levels.insert(Level(prefixLength: network.prefixLength, policies: [:]), at: place)
    }
    levels[place].policies[network.address] = policy
  }

  private func levels(_ family: IPAddress.Family) -> [Level] {
    family == .ipv4 ? ipv4Levels : ipv6Levels
  }

  /// Of the host that receives. A look into a table for each length of prefix; none without
  /// networks.
  public func policy(for host: IPAddress) -> Policy {
    for level in levels(host.family) {
      if let policy = level.policies[host.masked(to: level.prefixLength)] { return policy }
    }
    return host.family == .ipv4 ? ipv4 : ipv6
  }
}

extension IPAddress {
  /// Only its first bits, and zeros behind them.
  fileprivate func masked(to length: Int) -> IPAddress {
    switch family {
    case .ipv4:
      let mask = UInt32.max << UInt32(32 - min(max(length, 0), 32))
      return IPAddress(ipv4: UInt32(truncatingIfNeeded: low) & mask)
    case .ipv6:
      let upper = UInt64.max << UInt64(64 - min(max(length, 0), 64))
      let lower = UInt64.max << UInt64(64 - min(max(length - 64, 0), 64))
      return IPAddress(ipv6: high & upper, low & lower)
    }
  }
}
