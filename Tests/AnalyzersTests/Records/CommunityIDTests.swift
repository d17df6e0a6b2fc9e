import Analysis
import Analyzers
import Testing

@Suite("Community ID")
struct CommunityIDTests {
  struct Vector {
    var originator: SocketInfo.Endpoint
    var responder: SocketInfo.Endpoint
    var transport: SocketInfo.Transport
    var expected: String
  }

  static let vectors = [
    Vector(
      originator: .init("128.232.110.120", 34855), responder: .init("66.35.250.204", 80),
      transport: .tcp, expected: "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    Vector(
      originator: .init("192.168.1.52", 54585), responder: .init("8.8.8.8", 53),
      transport: .udp, expected: "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    Vector(
      originator: .init("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943),
      responder: .init("2607:f8b0:400c:c03::1a", 25), transport: .tcp,
      expected: "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="),
    // Not published: computed with Python's hashlib.
    Vector(
      originator: .init("2001:db8::1", 50000), responder: .init("2001:db8::2", 443),
      transport: .tcp, expected: "1:YXqXufkGr4i6TbJJYF83fvyDLZ8="),
    Vector(
      originator: .init("2001:db8::1", 50000), responder: .init("2001:db8::1", 443),
      transport: .udp, expected: "1:zA1omBom3fbzWpAuFSEOOHi4bmw="),
    Vector(
      originator: .init("2001:db8:ffff::1", 1), responder: .init("2001:db8::ffff", 65535),
      transport: .tcp, expected: "1:1E/ItURxVtsCiCFLZQevEgoesWU="),
  ]

  @Test("Both directions have the known name", arguments: vectors)
  func known(vector: Vector) {
    let there = SocketInfo.sample(
      vector.originator, vector.responder, transport: vector.transport)
    let back = SocketInfo.sample(vector.responder, vector.originator, transport: vector.transport)
    #expect(CommunityID.text(for: there) == vector.expected)
    #expect(CommunityID.text(for: back) == vector.expected)
  }

  @Test("The seed is part of it")
  func seed() {
    let vector = Self.vectors[0]
    let socket = SocketInfo.sample(vector.originator, vector.responder)
    #expect(CommunityID.text(for: socket, seed: 1) == "1:3V71V58M3Ksw/yuFALMcW0LAHvc=")
  }
}
