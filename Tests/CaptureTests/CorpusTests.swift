import Capture
import Foundation
import Testing

/// Real captures of other projects, where they lie beside the package.
@Suite("The corpus")
struct CorpusTests {
  struct Entry: Sendable, CustomTestStringConvertible {
    var path: String
    var format: String
    var linkTypes: Set<String>
    var packets: Int
    var damage: String
    var testDescription: String { path }
  }

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/corpus").path

  static let entries: [Entry] = {
    guard let text = try? String(contentsOfFile: folder + "/manifest.tsv", encoding: .utf8)
    else { return [] }
    let rows = text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    guard let names = rows.first else { return [] }
    return rows.dropFirst().map { row in
      let field = Dictionary(uniqueKeysWithValues: zip(names, row))
      return Entry(
        path: folder + "/" + field["file"]!, format: field["format"]!,
        linkTypes: Set(field["linktypes"]!.split(separator: ",").map(String.init)),
        packets: Int(field["packets"]!)!, damage: field["damage"]!)
    }
  }()

  @Test("There is a corpus", .enabled(if: !entries.isEmpty, "no ../shared/corpus"))
  func exists() {
    #expect(Self.entries.count > 700)
  }

  @Test(
    "is read to the last packet and can be copied",
    .enabled(if: !entries.isEmpty, "no ../shared/corpus"), arguments: entries)
  func reads(entry: Entry) throws {
    let opens = entry.format != "unknown" && entry.damage != "truncated-header"
    guard let reading = try? Reading(path: entry.path) else {
      #expect(!opens)
      return
    }
    #expect(opens)
    // A version 2.0 whose lengths are the other way round: libpcap reads one packet, the manifest
    // has none.
    let isOldVersion = entry.damage == "odd-version,truncated-record"
    #expect(reading.packets.count == (isOldVersion ? 1 : entry.packets))
    // Damage "inner" is in the packets, an odd version in the header.
    let isWhole = ["-", "inner", "odd-version"].contains(entry.damage)
    #expect((reading.damage == nil) == isWhole, "\(String(describing: reading.damage))")
    if entry.packets > 0 {
      let linkTypes = Set(reading.packets.map { "\($0.linkType.rawValue)" })
      #expect(linkTypes.isSubset(of: entry.linkTypes))
    }
    try copy(reading, isPcap: entry.format.hasPrefix("pcap") && entry.format != "pcapng")
  }

  private func copy(_ reading: Reading, isPcap: Bool) throws {
    let ng = try roundTrip(reading, as: "out.pcapng").reading
    #expect(ng.damage == nil)
    #expect(ng.packets.map(\.withoutStamp) == reading.packets.map(\.withoutStamp))
    #expect(ng.interfaces == reading.interfaces || reading.interfaces.isEmpty)
    guard isPcap else { return }
    let pcap = try roundTrip(reading, as: "out.pcap").reading
    #expect(pcap.damage == nil)
    #expect(pcap.packets == reading.packets)
  }
}

extension Packet {
  /// A pcap record and a pcapng block write the same time in other ways.
  fileprivate var withoutStamp: Packet {
    var packet = self
    packet.stamp = 0
    return packet
  }
}
