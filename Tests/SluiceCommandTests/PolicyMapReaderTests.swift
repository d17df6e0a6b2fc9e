import Reassembly
import Testing
import Wire

@testable import SluiceCommand

@Suite("Policies by network, from a file")
struct PolicyMapReaderTests {
  private let standard = PolicyMap<FragmentPolicy>(ipv4: .first, ipv6: .dropOnOverlap)

  private func map(_ text: String) throws -> PolicyMap<FragmentPolicy> {
    let document = try YAMLDocument(Array(text.utf8), name: "p.yaml")
    return try PolicyMapFile(document, name: "p.yaml", standard: standard).map
  }

  private func check(_ map: PolicyMap<FragmentPolicy>, _ hosts: [String: FragmentPolicy]) {
    for (host, policy) in hosts {
      #expect(map.policy(for: IPAddress(host)!) == policy, "\(host)")
    }
  }

  @Test("Networks with their policies")
  func plain() throws {
    let text = """
      # ours
      10.0.0.0/8: linux
      10.1.0.0/16: windows
      192.168.1.1: "bsd-right"
      "fd00::/8": solaris
      """
    check(
      try map(text),
      [
        "10.2.0.1": .linux, "10.1.0.1": .windows, "192.168.1.1": .bsdRight,
        "192.168.1.2": .first, "fd12::1": .solaris, "fe80::1": .dropOnOverlap,
      ])
    check(try map("default: last\n10.0.0.0/8: bsd"), ["1.1.1.1": .last, "10.0.0.1": .bsd])
    check(try map("default: last"), ["fe80::1": .last])
    check(try map("# nothing"), ["1.1.1.1": .first, "fe80::1": .dropOnOverlap])
  }

  @Test("Suricata's block as it is")
  func suricata() throws {
    let block = """
      %YAML 1.1
      ---
      vars:
        address-groups:
          HOME_NET: "[192.168.0.0/16,10.0.0.0/8]"
      # Host specific policies for defragmentation and TCP stream reassembly.
      host-os-policy:
        # Make the default policy windows.
        windows: [0.0.0.0/0, "0::0/0"]
        bsd: []
        bsd-right: []
        old-linux:
        linux: [10.0.0.0/8, 192.168.1.100, "8762:2352:6241:7245:E000:0000:0000:0000"]
        old_solaris: ["::1"]
        hpux10: [10.3.0.0/16]
        HPUX11: []
        macos: ["10.4.0.0/16"]
        vista: []
        windows2k3: []
      """
    check(
      try map(block),
      [
        "1.1.1.1": .windows, "fe80::1": .windows, "10.1.1.1": .linux, "192.168.1.100": .linux,
        "8762:2352:6241:7245:e000::": .linux, "::1": .first, "10.3.0.1": .bsd, "10.4.0.1": .first,
      ])
    check(
      try map("default: [0.0.0.0/0]\nlinux: [10.0.0.0/8]"),
      ["1.1.1.1": .first, "10.0.0.1": .linux, "::1": .dropOnOverlap])
    check(try map("host-os-policy:"), ["1.1.1.1": .first])
  }

  @Test(
    "What is wrong is said with its line",
    arguments: [
      ("10.0.0.0/8: linx", "p.yaml:1: there is no policy 'linx'; did you mean 'linux'"),
      ("\n10.0.0.0/33: linux", "p.yaml:2: '10.0.0.0/33' is not a network"),
      ("linux: 10.0.0.0/8", "p.yaml:1: linux: expected a list of networks"),
      ("widnows: [10.0.0.0/8]", "p.yaml:1: there is no policy 'widnows'; did you mean 'windows'"),
      ("linux:\n- 10.0.0.0/8\n- here", "p.yaml:3: 'here' is not a network"),
      ("linux: [10.0.0.0/8]\nbsd: [10.1.0.0/8]", "p.yaml:2: '10.1.0.0/8' is given twice"),
      ("- linux", "p.yaml:1: expected lines"), ("10.0.0.0/8:", "p.yaml:1: there is no policy ''"),
      ("10.0.0.0/8: {a: b}", "p.yaml:1: 10.0.0.0/8: expected a policy"),
      ("host-os-policy: linux", "p.yaml:1: host-os-policy: expected lines"),
      ("linux: [[10.0.0.0/8]]", "p.yaml:1: '' is not a network"),
    ])
  func mistakes(text: String, reason: String) {
    let failure = #expect(throws: CommandFailure.self) { try map(text) }
    #expect(failure?.message.hasPrefix(reason) == true, "\(failure?.message ?? "")")
    #expect(failure?.status == .usage)
  }

  @Test("One name is for all hosts")
  func name() throws {
    let reader = PolicyMapReader(option: "--frag-policy", standard: standard)
    check(try reader.map(nil), ["1.1.1.1": .first, "::1": .dropOnOverlap])
    check(try reader.map("linux"), ["1.1.1.1": .linux, "::1": .linux])
    check(try reader.map("Windows2k3"), ["1.1.1.1": .windows])
    #expect(reader.mistake(in: "bsd-right") == nil)
    #expect(reader.mistake(in: "@file") == nil)
    #expect(reader.mistake(in: "@") == "--frag-policy @: expected the name of a file")
    #expect(
      reader.mistake(in: "frist")
        == "--frag-policy frist: there is no policy 'frist'; did you mean 'first'")
    #expect(reader.mistake(in: "zzz")?.contains("there are first, last, bsd") == true)
    #expect(throws: CommandFailure.self) { try reader.map("@/no/such") }
  }
}
