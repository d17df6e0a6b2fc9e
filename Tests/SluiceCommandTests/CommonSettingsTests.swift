import Analysis
import Testing
import Wire

@testable import SluiceCommand

@Suite("The settings common to all analyzers")
struct CommonSettingsTests {
  private func selection(_ settings: String) throws -> Selection {
    try AnalyzerSpecification("sample:" + settings, registry: registry()).selection
  }

  @Test(
    "Ports are numbers and ranges, joined by +",
    arguments: [
      ("80", [80...80]), ("80-90", [80...90]), ("80+443", [80...80, 443...443]),
      ("0-65535", [0...65535]), ("1+2-3+4", [1...1, 2...3, 4...4]),
    ] as [(String, [ClosedRange<UInt16>])])
  func ports(text: String, expected: [ClosedRange<UInt16>]) throws {
    #expect(try selection("port=" + text).ports == expected)
  }

  @Test("Networks are addresses with or without a length, joined by +")
  func networks() throws {
    let networks = try selection("net=10.0.0.0/8+fd00::/8+192.0.2.1+::1").networks
    #expect(networks.map(\.prefixLength) == [8, 8, 32, 128])
    #expect(networks.map(\.address.description) == ["10.0.0.0", "fd00::", "192.0.2.1", "::1"])
  }

  @Test(
    "Directions have the names of two worlds",
    arguments: [
      ("out", .out), ("toserver", .out), ("in", .in), ("toclient", .in), ("both", nil),
    ] as [(String, Direction?)])
  func directions(text: String, expected: Direction?) throws {
    #expect(try selection("direction=" + text).direction == expected)
  }

  @Test("A filter may hold what separates elsewhere")
  func filter() throws {
    let selection = try selection("filter=tcp[13]=2 or (port 80),port=443")
    #expect(selection.filter == "tcp[13]=2 or (port 80)")
    #expect(selection.ports == [443...443])
  }

  @Test("Nothing given, everything chosen")
  func defaults() throws {
    #expect(try selection("max=3") == Selection())
  }

  @Test(
    "What makes no sense is refused",
    arguments: [
      "port=", "port=65536", "port=-1", "port=90-80", "port=80,443", "port=80++443", "port=+80",
      "port=1-2-3", "port=http", "net=", "net=10.0.0.0/33", "net=::/129", "net=10.0.0/8",
      "net=10.0.0.0/", "net=10.0.0.0/8/8", "net=host", "direction=up", "direction=", "filter=",
    ])
  func refusals(text: String) throws {
    let failure = #expect(throws: CommandFailure.self) { try selection(text) }
    #expect(failure?.message.contains("expected") == true)
  }
}
