import Reassembly
import Testing
import Wire

@Suite("Policies by network")
struct PolicyMapTests {
  typealias Map = PolicyMap<FragmentPolicy>

  private func network(_ text: String, _ length: Int) -> Map.Network {
    Map.Network(IPAddress(text)!, prefixLength: length)
  }

  @Test("The longest prefix that fits holds, whatever the order")
  func longest() {
    let networks: [(Map.Network, FragmentPolicy)] = [
      (network("10.0.0.0", 8), .linux), (network("10.1.0.0", 16), .windows),
      (network("10.1.2.3", 32), .solaris), (network("2001:db8::", 32), .bsd),
      (network("2001:db8::1", 128), .last), (network("2001:db8:0:0:8000::", 65), .bsdRight),
    ]
    for order in [networks, networks.reversed()] {
      var map = Map(ipv4: .first, ipv6: .dropOnOverlap)
      for (network, policy) in order { map[network] = policy }
      for (host, policy) in [
        ("10.9.9.9", .linux), ("10.1.9.9", .windows), ("10.1.2.3", .solaris), ("11.0.0.1", .first),
        ("2001:db8::2", .bsd), ("2001:db8::1", .last), ("2001:db8::8000:0:0:1", .bsdRight),
        ("2001:db9::1", .dropOnOverlap), ("::10.1.2.3", .dropOnOverlap),
      ] as [(String, FragmentPolicy)] {
        #expect(map.policy(for: IPAddress(host)!) == policy, "\(host)")
      }
    }
  }

  @Test("A network without a prefix is all hosts of its family, and bits behind a prefix count not")
  func edges() {
    var map = Map(.first)
    map[network("1.2.3.4", 0)] = .linux
    map[network("10.1.2.3", 8)] = .bsd
    map[network("::", 0)] = .windows
    #expect(map.policy(for: IPAddress("9.9.9.9")!) == .linux)
    #expect(map.policy(for: IPAddress("10.9.9.9")!) == .bsd)
    #expect(map.policy(for: IPAddress("fe80::1")!) == .windows)
    #expect(map[network("10.0.0.0", 8)] == .bsd)
    #expect(map[network("10.0.0.0", 9)] == nil)
  }

  @Test("Systems are called as in Suricata's host-os-policy")
  func systems() {
    for (name, policy) in [
      ("hpux10", .bsd), ("hpux11", .first), ("irix", .bsd), ("macos", .first), ("vista", .windows),
      ("windows2k3", .windows), ("old-linux", .linux), ("old-solaris", .first),
      ("bsd-right", .bsdRight), ("drop-on-overlap", .dropOnOverlap),
    ] as [(String, FragmentPolicy)] {
      #expect(FragmentPolicy(name: name) == policy)
    }
    for name in FragmentPolicy.names { #expect(FragmentPolicy(name: name) != nil) }
    #expect(FragmentPolicy(name: "beos") == nil)
  }
}
